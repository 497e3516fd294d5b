"""Users and their sessions in the admin panel, and the form that signs in to it."""

from albumen.accounts.admin import sessions, sign_in, users
