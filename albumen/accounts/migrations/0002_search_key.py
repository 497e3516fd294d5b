"""Names without case and accents, for searching; filled for the users that there are."""

from django.db import migrations, models

from albumen.search import fold

BATCH = 500


def fill(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects.order_by("pk").only("pk", "first_name", "last_name")
    last = 0
    while batch := list(users.filter(pk__gt=last)[:BATCH]):
        for user in batch:
            user.search_key = fold(f"{user.first_name} {user.last_name}")
        users.model.objects.bulk_update(batch, ["search_key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="search_key",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
