"""Temporary uploads: the files of a request, written to this machine's disk and hashed while they are received."""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from albumen.errors import Invalid, OutOfSpace, TooLarge
from albumen.sentences import Amount, Sentence
from albumen.storage import room_needed, storage, write_all

CHUNK = 256 * 1024
# The Content-Length that is set for a chunked body, because Django reads no body without one. Parsers stop at the end
# of the stream, and uploads at their limit.
UNKNOWN_LENGTH = str(2**62)


class BodyIncomplete(Invalid, BadRequest):
    """The body ended too early, or was sent too slowly. Django's own views, such as the admin panel, respond with
    400."""


class Upload:
    """A file that is being received: its temporary `path`, `size` in bytes, `sha256` in hex, and the client's `name`.

    `field` is the field of the request that it is in, and `limit` the most bytes that it may have.
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

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes. Raise `TooLarge` above the limit, `OutOfSpace` when the disk is full."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge(
                "too_large", Sentence("Send at most %(most)s bytes.", most=Amount(self._limit)), pointer=self._pointer
            )
        with room_needed():
            write_all(self._file, data)
        self._hash.update(data)

    def write_base64(self, text: bytes) -> None:
        """Append the bytes of this base64 text (RFC 4648, section 4), whose length is a multiple of four. Raise
        `Invalid` when it is not base64."""
        try:
            self.write(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise Invalid("invalid_base64", pointer=self._pointer) from None

    def finish(self) -> None:
        """Close the file. Raise `OutOfSpace` unless all received bytes are in it."""
        if self._file.closed:
            return
        with room_needed():
            stored = os.fstat(self._file.fileno()).st_size
            self._file.close()
        if stored != self.size:
            raise OutOfSpace

    def discard(self) -> None:
        """Close the file, and delete it unless the storage has moved it to its place."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


class RequestUploads:
    """The temporary uploads of one request, which share one limit in bytes."""

    def __init__(self) -> None:
        # Called when an upload begins, because it depends on the user, who is not known before.
        self.limit: Callable[[], int] = lambda: 0
        self._uploads: list[Upload] = []

    @classmethod
    def of(cls, request: HttpRequest) -> "RequestUploads":
        """Return the uploads of this request; each call returns the same object."""
        uploads: RequestUploads = request.__dict__.setdefault("request_uploads", cls())
        return uploads

    def begin(self, *, field: str, name: str | None = None) -> Upload:
        """Return a new upload, which is deleted at the end of the request unless the storage has moved it to its
        place."""
        left = self.limit() - sum(upload.size for upload in self._uploads)
        upload = Upload(storage().temp_path(), field=field, limit=max(0, left), name=name)
        self._uploads.append(upload)
        return upload

    def discard(self) -> None:
        """Delete the uploads that the storage has not moved to their place."""
        for upload in self._uploads:
            upload.discard()


class SpooledFile(UploadedFile):
    """An `Upload` as the file of a form that Django and REST framework pass to the view."""

    def __init__(self, upload: Upload, field: str, content_type: str | None) -> None:
        # A fixed name, because Django raises an error for some names of clients; `upload` has the client's.
        super().__init__(file=None, name="file", content_type=content_type, size=upload.size)
        self.upload = upload
        self.field_name = field

    def close(self) -> None:
        self.upload.finish()


class UnreadFile(UploadedFile):
    """A file of a form for a view that takes no files. Its bytes are not kept."""

    def close(self) -> None:
        """Do nothing, since there is no open file."""


class BodyInput:
    """A request's body as a stream. Reading raises `BodyIncomplete` when it ends before `length` bytes; None is an
    unknown length."""

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
