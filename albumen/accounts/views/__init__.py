"""Accounts over HTTP, by noun."""
