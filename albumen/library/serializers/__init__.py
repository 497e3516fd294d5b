"""The shapes of albums, pictures and expiring links, in requests and responses."""
