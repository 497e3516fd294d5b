"""Durable files, on this machine's disk or on S3: one interface, chosen by ALBUMEN_STORAGE_URL."""

from django.core.files.storage import default_storage

from albumen.storage.disk import DiskStorage
from albumen.storage.interface import ASIDE, Listed, Storage
from albumen.storage.room import BLOCK, copy, is_full, room_needed, write_all


def storage() -> Storage:
    """Return the storage of all files: the disk or S3."""
    return default_storage  # type: ignore[return-value]
