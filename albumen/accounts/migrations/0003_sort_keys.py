"""What names are sorted by, filled for the users that there are."""

import albumen.search
from django.db import migrations

from albumen.search import sort_key

BATCH = 500


def _key():
    return albumen.search.OrderedText(blank=True, db_default="", default="", editable=False, max_length=255)


def fill(apps, schema_editor):
    rows = apps.get_model("accounts", "User").objects.order_by("pk").only("pk", "first_name", "last_name")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            row.first_name_key = sort_key(row.first_name)
            row.last_name_key = sort_key(row.last_name)
        rows.model.objects.bulk_update(batch, ["first_name_key", "last_name_key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_search_key")]
    operations = [
        migrations.AddField(model_name="user", name="first_name_key", field=_key()),
        migrations.AddField(model_name="user", name="last_name_key", field=_key()),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
