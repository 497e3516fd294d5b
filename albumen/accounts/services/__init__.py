"""Every write on users and their logins, by noun."""
