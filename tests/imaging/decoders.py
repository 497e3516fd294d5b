"""Decoder processes, seen from outside: which there are, and whether they run."""

import time
from collections.abc import Callable
from pathlib import Path


def children(of: int) -> list[int]:
    """Return the ids of the decoder processes whose parent is this process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == of and b"albumen.imaging.decoder" in command:
            found.append(int(stat.parent.name))
    return found


def wait_until(holds: Callable[[], object], seconds: float = 10) -> bool:
    """Wait until a condition holds; return whether it did in this time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def runs(pid: int) -> bool:
    """Return whether there is a process with this id that has not ended. It has ended when its last thread has: only
    then does its parent learn of it."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" or len(threads) > 1


def let_go(endless: Path) -> None:
    """Give a decoder that reads the named pipe its end."""
    endless.write_bytes(b"no picture after all")
