import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """`receiver` is called `recipient`. The column keeps its name, so that nothing happens in the database."""

    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("event", "events_numbered"),
                migrations.RenameField("event", "receiver", "recipient"),
                migrations.AlterField(
                    "event",
                    "recipient",
                    models.ForeignKey(
                        db_column="receiver_id",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddConstraint(
                    "event", models.UniqueConstraint(fields=("recipient", "number"), name="events_numbered")
                ),
            ]
        )
    ]
