"""Lists by name follow their sort keys, and so do their indexes."""

from django.db import migrations, models
from django.db.models import Q

LIVE = Q(deleted_at__isnull=True)


class AddIndexBesideWriters(migrations.AddIndex):
    """On PostgreSQL without a lock against writes. What a run that was interrupted has left is made again."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(self.index.name)}")
        concurrently = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
        schema_editor.add_index(to_state.apps.get_model(app_label, self.model_name), self.index, **concurrently)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("library", "0008_fill_sort_keys")]
    operations = [
        AddIndexBesideWriters(
            model_name="picture",
            index=models.Index(fields=["owner", "name_key", "id"], condition=LIVE, name="picture_name_key"),
        ),
        AddIndexBesideWriters(
            model_name="picture",
            index=models.Index(fields=["name_key", "id"], condition=LIVE, name="picture_all_name_key"),
        ),
        migrations.RemoveIndex(model_name="picture", name="picture_name"),
        migrations.RemoveIndex(model_name="picture", name="picture_all_name"),
    ]
