"""Private albums name no organization in which their owner has no right to show anything."""

from typing import Any

from django.db import migrations, models
from django.db.models import Exists, OuterRef

import albumen.library.models


def part_private_albums(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    memberships = apps.get_model("organizations", "Membership").objects.using(database)
    editing = memberships.filter(
        organization=OuterRef("organization"), user=OuterRef("owner"), role__in=("owner", "editor")
    )
    albums = apps.get_model("library", "Album").objects.using(database)
    private = albums.filter(visibility="private", organization__isnull=False)
    private.filter(~Exists(editing)).update(organization=None)


class Migration(migrations.Migration):
    dependencies = [("library", "0009_order_by_sort_key"), ("organizations", "0002_sort_keys")]

    operations = [
        migrations.AlterField(
            model_name="album",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=albumen.library.models.protect_shown,
                related_name="albums",
                to="organizations.organization",
            ),
        ),
        migrations.RunPython(part_private_albums, migrations.RunPython.noop, elidable=True),
    ]
