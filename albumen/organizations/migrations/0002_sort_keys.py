"""What names are sorted by, filled for the organizations that there are."""

import albumen.search
from django.db import migrations, models

from albumen.search import sort_key

BATCH = 500


def _key():
    return albumen.search.OrderedText(blank=True, db_default="", default="", editable=False, max_length=255)


def fill(apps, schema_editor):
    rows = apps.get_model("organizations", "Organization").objects.order_by("pk").only("pk", "name")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            row.name_key = sort_key(row.name)
        rows.model.objects.bulk_update(batch, ["name_key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial")]
    operations = [
        migrations.AddField(model_name="organization", name="name_key", field=_key()),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["name_key", "id"], name="organization_name_key"),
        ),
        migrations.RemoveIndex(model_name="organization", name="organization_name"),
    ]
