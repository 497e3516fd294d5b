"""Request bodies with pictures in them: bytes go to a temporary file while they stream in, and memory stays flat."""
