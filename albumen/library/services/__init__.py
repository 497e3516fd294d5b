"""The writes on pictures and expiring links, by noun."""
