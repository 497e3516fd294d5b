"""Stored responses of idempotent requests, and what makes two requests the same."""
