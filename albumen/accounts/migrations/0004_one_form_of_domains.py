"""Keep the domains of e-mail addresses in their one form, ASCII, also where they were given in another alphabet."""

from django.db import migrations, models
from django.db.models.functions import Lower

from albumen.contacts import email_key, tidy_email


def fill(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects
    for user in users.only("pk", "email").order_by("pk").iterator(chunk_size=2000):
        if user.email.isascii():
            continue
        # Where somebody has the other form already, both stay: each is found by the form that it was given in.
        taken = users.alias(key=Lower("email")).filter(key=email_key(user.email)).exclude(pk=user.pk)
        if not taken.exists():
            users.filter(pk=user.pk).update(email=tidy_email(user.email))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sort_keys")]
    operations = [
        migrations.AlterField(
            model_name="user",
            name="phone",
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
