"""What names are sorted by, filled for the plans that there are."""

import albumen.search
from django.db import migrations

from albumen.search import sort_key

BATCH = 500


def _key():
    return albumen.search.OrderedText(blank=True, db_default="", default="", editable=False, max_length=255)


def fill(apps, schema_editor):
    rows = apps.get_model("plans", "Plan").objects.order_by("pk").only("pk", "name")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            row.name_key = sort_key(row.name)
        rows.model.objects.bulk_update(batch, ["name_key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("plans", "0002_built_in")]
    operations = [
        migrations.AddField(model_name="plan", name="name_key", field=_key()),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
