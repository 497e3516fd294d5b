from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "albumen.organizations"
