"""Work that is due from time to time, by kind."""
