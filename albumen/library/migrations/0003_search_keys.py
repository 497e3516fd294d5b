"""Fill the search keys of pictures that were there before."""

from django.db import migrations

from albumen.search import fold


def fill(apps, schema_editor):
    picture = apps.get_model("library", "Picture")
    rows = []
    for row in picture.objects.filter(search_key="").only("id", "name").iterator(chunk_size=2000):
        row.search_key = fold(row.name)
        rows.append(row)
        if len(rows) == 2000:
            picture.objects.bulk_update(rows, ["search_key"])
            rows = []
    picture.objects.bulk_update(rows, ["search_key"])


class Migration(migrations.Migration):
    dependencies = [("library", "0002_albums")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
