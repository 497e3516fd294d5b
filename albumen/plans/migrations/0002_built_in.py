"""The three built-in plans (requirement C3); Basic is the default for new users."""

from django.db import migrations

MEGABYTE = 1_000_000
BUILT_IN = [
    {
        "name": "Basic",
        "thumbnail_heights": [200],
        "is_default": True,
        "max_upload_bytes": 50 * MEGABYTE,
        # For new installations alone. One that ran this before has a Basic without a quota, and keeps it: people may
        # have more than this by now.
        "quota_bytes": 2_000 * MEGABYTE,
    },
    {
        "name": "Premium",
        "thumbnail_heights": [200, 400],
        "original": True,
        "max_upload_bytes": 50 * MEGABYTE,
    },
    {
        "name": "Enterprise",
        "thumbnail_heights": [200, 400],
        "original": True,
        "expiring_links": True,
        "max_upload_bytes": 100 * MEGABYTE,
    },
]


def add_plans(apps, schema_editor):
    plan = apps.get_model("plans", "Plan")
    for fields in BUILT_IN:
        plan.objects.get_or_create(name=fields["name"], defaults=fields)


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]
    operations = [migrations.RunPython(add_plans, migrations.RunPython.noop)]
