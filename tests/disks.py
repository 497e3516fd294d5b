"""A disk that is soon full."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


class SmallDisk:
    """A file system of so many megabytes, mounted on a folder. Skips the test where nothing can be mounted."""

    def __init__(self, folder: Path, megabytes: int = 32) -> None:
        self.folder, self.ballast = folder, folder / "ballast"
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.which("mount") is None:
            pytest.skip("No file system can be mounted here: there is no mount")
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"No file system can be mounted here: {done.stderr.strip()}")

    def fill(self, *, room: int) -> None:
        """Fill the disk until `room` bytes are free."""
        self.empty()
        left = shutil.disk_usage(self.folder).free - room
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, left)

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)
