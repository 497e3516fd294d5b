"""The shapes of albums, pictures and expiring links."""

from albumen.library.serializers.requests import (
    AddedSerializer,
    AlbumChangeSerializer,
    ImportSerializer,
    JSONUploadSerializer,
    LinkRequestSerializer,
    MoveSerializer,
    PictureChangeSerializer,
    RestoreAllSerializer,
    UploadSerializer,
)
from albumen.library.serializers.shapes import (
    AlbumSerializer,
    LinkSerializer,
    PictureSerializer,
    RestoredSerializer,
    ThumbnailSerializer,
    TrashedSerializer,
    UploadedSerializer,
)

__all__ = [
    "AddedSerializer",
    "AlbumChangeSerializer",
    "AlbumSerializer",
    "ImportSerializer",
    "JSONUploadSerializer",
    "LinkRequestSerializer",
    "LinkSerializer",
    "MoveSerializer",
    "PictureChangeSerializer",
    "PictureSerializer",
    "RestoreAllSerializer",
    "RestoredSerializer",
    "ThumbnailSerializer",
    "TrashedSerializer",
    "UploadSerializer",
    "UploadedSerializer",
]
