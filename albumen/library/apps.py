from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "albumen.library"

    def ready(self) -> None:
        from albumen.accounts.services import profiles
        from albumen.library.services import events

        profiles.before_user_delete.connect(events.of_leaving)
