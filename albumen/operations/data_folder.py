"""Who may read the data folder, and the files that this process makes in it."""

import os
import sys

from django.conf import settings


def keep_private() -> None:
    """Make the data folder of the checkout its owner's alone, and the files that this process makes too.

    A folder that ALBUMEN_DATA_DIR names, or that is mounted, keeps its mode: somebody may share it on purpose. If it
    is its owner's alone, so are the files.
    """
    folder = settings.DATA_DIR
    try:
        found = folder.stat()
    except OSError:
        # It will be made with mode 700.
        os.umask(0o077)
        return
    mode = found.st_mode & 0o777
    is_ours = folder == settings.BASE_DIR / "data" and not folder.is_mount() and found.st_uid == os.geteuid()
    if mode & 0o077 and is_ours:
        folder.chmod(0o700)
        said = f"The data folder {folder} was open to others (mode {mode:o}); now it is its owner's alone."
        print(said, file=sys.stderr)
        mode = 0o700
    if not mode & 0o077:
        os.umask(0o077)
