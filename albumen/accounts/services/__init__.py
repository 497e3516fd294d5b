"""The writes on users and their logins, by noun."""
