from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "albumen.accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from albumen.accounts.authentication import begin_login, end_login

        user_logged_in.connect(begin_login)
        user_logged_out.connect(end_login)
