from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "albumen.library"

    def ready(self) -> None:
        from albumen.accounts.services import profiles
        from albumen.library.services import happenings

        profiles.farewells.append(happenings.of_leaving)
