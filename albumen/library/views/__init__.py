"""Pictures over HTTP, by noun."""
