"""Durable files, on this machine's disk or on S3: one interface, chosen by ALBUMEN_STORAGE_URL."""

from django.core.files.storage import default_storage

from albumen.storage.disk import DiskStorage
from albumen.storage.interface import ASIDE, BLOCK, Listed, Storage

__all__ = ["ASIDE", "BLOCK", "DiskStorage", "Listed", "Storage", "storage"]


def storage() -> Storage:
    """The place for all stored files."""
    return default_storage  # type: ignore[return-value]
