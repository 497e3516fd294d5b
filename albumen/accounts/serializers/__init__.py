"""The shapes of users, logins and sessions, in requests and responses."""
