"""The Django app of mails, for its templates."""

from django.apps import AppConfig


class MailsConfig(AppConfig):
    name = "albumen.mails"
