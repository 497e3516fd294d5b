"""What names are sorted by; `0008` fills it."""

import albumen.search
from django.db import migrations


def _key():
    return albumen.search.OrderedText(blank=True, db_default="", default="", editable=False, max_length=255)


class Migration(migrations.Migration):
    dependencies = [("library", "0006_album_of_organization")]
    operations = [
        migrations.AddField(model_name="album", name="name_key", field=_key()),
        migrations.AddField(model_name="picture", name="name_key", field=_key()),
    ]
