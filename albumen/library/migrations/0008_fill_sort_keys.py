"""Fill the sort keys of pictures and albums that were there before."""

from django.db import migrations

from albumen.search import sort_key

BATCH = 1000


def fill(apps, schema_editor):
    for name in ("Picture", "Album"):
        rows = apps.get_model("library", name).objects.filter(name_key="").order_by("pk").only("pk", "name")
        last = 0
        while batch := list(rows.filter(pk__gt=last)[:BATCH]):
            for row in batch:
                row.name_key = sort_key(row.name)
            rows.model.objects.bulk_update(batch, ["name_key"], batch_size=BATCH)
            last = batch[-1].pk


class Migration(migrations.Migration):
    # Each batch by itself: others write meanwhile, and a run that was interrupted goes on.
    atomic = False
    dependencies = [("library", "0007_sort_keys")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
