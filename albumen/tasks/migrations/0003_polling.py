from django.db import migrations


class Migration(migrations.Migration):
    """Changes what Django knows, and no table, so that the version before can go on beside this one: it still writes
    `delivered_at`, which this version no longer reads."""

    dependencies = [
        ('tasks', '0002_workers'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='task', name='delivered_at')],
        ),
        migrations.AlterModelTable(name='slot', table='tasks_slot'),
        migrations.RenameModel(old_name='Slot', new_name='ScheduledRun'),
    ]
