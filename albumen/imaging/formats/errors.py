"""The error that the readers of containers raise."""


class Malformed(Exception):
    """The container is not built as its format says."""
