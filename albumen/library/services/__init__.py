"""Every write on pictures and expiring links, by noun."""
