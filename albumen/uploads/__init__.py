"""Request bodies with pictures in them, which are written to temporary files while they are received."""
