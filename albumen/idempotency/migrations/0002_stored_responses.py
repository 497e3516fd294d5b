from django.db import migrations


class Migration(migrations.Migration):
    """Changes what Django knows, and no table, so that the version before can go on beside this one."""

    dependencies = [
        ('idempotency', '0001_initial'),
    ]

    operations = [
        migrations.AlterModelTable(name='storedanswer', table='idempotency_storedanswer'),
        migrations.RenameModel(old_name='StoredAnswer', new_name='StoredResponse'),
    ]
