from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "albumen.library"

    def ready(self) -> None:
        from albumen.accounts.services import profiles
        from albumen.library.services import events

        profiles.farewells.append(events.of_leaving)
