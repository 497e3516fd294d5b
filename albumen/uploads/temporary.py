"""Bytes that come with a request, on their way to a draft on the disk, with their sha256."""

import base64
import binascii
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from albumen.errors import Invalid, OutOfSpace, TooLarge
from albumen.storage import room_needed, storage, write_all

CHUNK = 256 * 1024
# Stands for the length of a body that comes in chunks: Django reads nothing without one, parsers stop at the end of
# the stream, and uploads stop at their limit.
UNKNOWN_LENGTH = str(2**62)


class BodyIncomplete(Invalid, BadRequest):
    """The client went away, or lied about the length; a bad request for Django's own views too."""


class Upload:
    """Bytes that came with a request: `path` of the draft, `size` in bytes, `sha256` in hex, and the client's `name`.

    `limit` is in bytes, and `field` is the one that brought them.
    """

    def __init__(self, path: Path, *, field: str, limit: int, name: str | None = None) -> None:
        self.path = path
        self.name = name
        self.size = 0
        self._pointer = f"/{field}"
        self._limit = limit
        self._hash = hashlib.sha256()
        with room_needed():
            self._file = path.open("xb", buffering=0)

    @classmethod
    def begin(cls, request: HttpRequest, *, field: str, name: str | None = None) -> Self:
        """A new draft, removed when the request ends unless somebody has placed it."""
        uploads = request.__dict__.setdefault("albumen_uploads", [])
        # However many files a body has, they share the one limit.
        left = request.__dict__["albumen_upload_limit"]() - sum(one.size for one in uploads)
        upload = cls(storage().draft(), field=field, limit=max(0, left), name=name)
        uploads.append(upload)
        return upload

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Add bytes; `TooLarge` above the limit, `OutOfSpace` when the disk is full."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge("too_large", f"Send at most {self._limit:,} bytes.", pointer=self._pointer)
        with room_needed():
            write_all(self._file, data)
        self._hash.update(data)

    def write_base64(self, text: bytes) -> None:
        """Add what this base64 text stands for (RFC 4648, section 4), in whole groups of four."""
        try:
            self.write(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise Invalid("invalid_base64", "This string is not base64.", pointer=self._pointer) from None

    def finish(self) -> None:
        """No more bytes will come; `OutOfSpace` unless all that came are in the file."""
        if self._file.closed:
            return
        with room_needed():
            stored = os.fstat(self._file.fileno()).st_size
            self._file.close()
        if stored != self.size:
            raise OutOfSpace

    def discard(self) -> None:
        """Close, and remove what was not placed."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


class SpooledFile(UploadedFile):
    """What Django's form parser hands on for a file."""

    def __init__(self, upload: Upload, field: str, content_type: str | None) -> None:
        # Not the client's name, which `upload` has: Django raises on one that it finds suspicious.
        super().__init__(file=None, name="file", content_type=content_type, size=upload.size)
        self.upload = upload
        self.field_name = field

    def close(self) -> None:
        self.upload.finish()


class UnreadFile(UploadedFile):
    """That there was a file in a body, and nothing of its content."""

    def close(self) -> None:
        """There is nothing to close."""


class BodyInput:
    """A request's body that raises `BodyIncomplete` where it ends before its length, in bytes; None: not known."""

    def __init__(self, stream: Any, length: int | None) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        if self._left is not None:
            self._left -= len(data)
        at_its_end = size < 0 or len(data) < size
        if at_its_end and (self._left or 0) > 0:
            raise BodyIncomplete("body_incomplete", "The body ended before it was whole. Send it again.")
        return data

    def readline(self, size: int = -1) -> bytes:
        data: bytes = self._stream.readline(size)
        if self._left is not None:
            self._left -= len(data)
        return data
