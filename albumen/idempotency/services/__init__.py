"""Keys and their answers, and what makes two requests the same."""
