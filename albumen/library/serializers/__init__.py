"""The shapes of albums, pictures and expiring links."""

from albumen.library.serializers.requests import (
    AddedSerializer,
    AlbumChangeSerializer,
    ArchiveSerializer,
    ImportSerializer,
    LinkRequestSerializer,
    MoveSerializer,
    PictureChangeSerializer,
    RestoreAllSerializer,
    UploadOrAddSerializer,
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
