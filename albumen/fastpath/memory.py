"""What was found or made before, so that it need not be found or made again."""

from sys import getsizeof
from typing import Any


class Memory(dict[Any, Any]):
    """Values by key. With more than `most` bytes, all are dropped. It is safe to use in many threads, where the count
    of the bytes may be a little off."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._bytes = 0

    def keep(self, key: Any, value: Any, size: int) -> Any:
        """Keep and return a value, which takes so many bytes together with its key."""
        self._bytes += size
        if self._bytes > self._most:
            self.clear()
            self._bytes = size
        self[key] = value
        return value

    def clear(self) -> None:
        """Drop all values."""
        super().clear()
        self._bytes = 0


def size_of(*values: Any) -> int:
    """Return about how many bytes these texts, numbers and tuples of them take."""
    return sum(getsizeof(value) + (size_of(*value) if isinstance(value, tuple) else 0) for value in values)
