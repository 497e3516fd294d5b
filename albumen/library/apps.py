from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "albumen.library"

    def ready(self) -> None:
        from albumen.accounts.services import profiles
        from albumen.library.services import departures
        from albumen.organizations.services import memberships

        profiles.before_user_delete.connect(departures.of_leaving)
        memberships.editing_ended.connect(departures.part_private_albums)
