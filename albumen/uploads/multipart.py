"""Upload handlers that read multipart/form-data (RFC 7578), also with the faults that real clients make.

Django's parser drops a file whose name is missing or is not UTF-8, and drops characters from names. Here Django's
classes find the boundaries between the parts, and this module reads the headers of each part.
"""

import base64
import binascii
import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import ChunkIter, InterBoundaryIter, LazyStream
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters

from albumen.errors import Invalid, TooLarge
from albumen.sentences import Amount, Sentence
from albumen.uploads.base64text import Base64Writer
from albumen.uploads.client_filenames import base_name, decode
from albumen.uploads.temporary import CHUNK, BodyIncomplete, RequestUploads, SpooledFile, UnreadFile

# Bytes of a part's headers: a file name of 255 characters takes up to 9 bytes for each, and may be there twice.
MAX_HEAD = 8192


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a form, with its body still to be read from `stream`.

    `file_name` is None without a `filename`, and empty when no file was chosen in a browser's form.
    """

    field: str
    file_name: str | None
    media_type: str
    in_base64: bool
    stream: Any


class NoFiles(FileUploadHandler):
    """Reads forms for views that take no file. A file becomes an `UnreadFile`, which the serializer refuses."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        fields, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
        left, parts = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, {True: 0, False: 0}
        for part in _parts(input_data, boundary):
            is_file = _is_file(part)
            parts[is_file] += 1
            if parts[True] > settings.DATA_UPLOAD_MAX_NUMBER_FILES:
                raise TooManyFilesSent
            if parts[False] > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
                raise TooManyFieldsSent
            if is_file:
                self.read_file(part, files)
            elif part.file_name is None:
                text = self.read_text(part, left)
                left -= len(text) + len(part.field)
                fields.appendlist(part.field, text.decode())
        _exhaust(ChunkIter(input_data, CHUNK))
        fields._mutable = False
        return fields, files

    def read_file(self, part: _Part, files: MultiValueDict[str, Any]) -> None:
        """Add the part's file to `files`."""
        files.appendlist(part.field, UnreadFile(name="file"))

    def read_text(self, part: _Part, limit: int) -> bytes:
        """Return the text of a field in UTF-8. Raise `TooLarge` above `limit` bytes, `Invalid` when it is not
        UTF-8."""
        text: bytes = part.stream.read(max(0, limit) + 1)
        if len(text) > limit:
            raise TooLarge("too_large", "The fields of a form are too long together.", pointer=f"/{part.field}")
        if part.in_base64:
            with suppress(binascii.Error):
                text = base64.b64decode(text)
        try:
            text.decode()
        except UnicodeDecodeError:
            raise Invalid("invalid_encoding", pointer=f"/{part.field}") from None
        return text


class UploadHandler(NoFiles):
    """Writes each file of a form into a temporary upload while it is received. `file_fields` are the fields in which
    the view expects one."""

    def __init__(self, request: HttpRequest, file_fields: Collection[str]) -> None:
        super().__init__(request)
        self._uploads = RequestUploads.of(request)
        self._file_fields = file_fields

    def read_file(self, part: _Part, files: MultiValueDict[str, Any]) -> None:
        upload = self._uploads.begin(field=part.field, name=base_name(part.file_name or ""))
        if part.in_base64:
            writer = Base64Writer(upload)
            for piece in part.stream:
                writer.write(piece)
            writer.finish()
        else:
            for piece in part.stream:
                upload.write(piece)
            upload.finish()
        files.appendlist(part.field, SpooledFile(upload, part.field, part.media_type))

    def read_text(self, part: _Part, limit: int) -> bytes:
        try:
            return super().read_text(part, limit)
        except (Invalid, TooLarge):
            if part.field in self._file_fields:
                detail = Sentence('This part came without a file name: send it as a file, like filename="photo.jpg".')
                raise Invalid("file_name_missing", detail, pointer=f"/{part.field}") from None
            raise


def _is_file(part: _Part) -> bool:
    """Return whether a part is a file: it has a file name, or a media type that text never has."""
    if part.file_name:
        return True
    if part.file_name is None:
        return part.media_type.startswith("image/") or part.media_type == "application/octet-stream"
    # With an empty name, no file was chosen in a browser's form, unless there are bytes.
    first = part.stream.read(1)
    part.stream.unget(first)
    return bool(first)


def _parts(input_data: Any, boundary: bytes) -> Iterator[_Part]:
    """Yield the parts of a body; the rest of each is skipped before the next one. Raise `Invalid` for a part without
    headers, and `BodyIncomplete` when the last boundary is missing."""
    streams = InterBoundaryIter(LazyStream(ChunkIter(input_data, CHUNK)), b"--" + boundary)
    ended = True
    for number, stream in enumerate(streams):
        head, whole, content = stream.read(MAX_HEAD).partition(b"\r\n\r\n")
        ended = head.startswith(b"--") or not (head.strip() or whole)
        if ended and number:
            break
        if number and not whole:
            detail = Sentence("A part of the form has no head of at most %(most)s bytes.", most=Amount(MAX_HEAD))
            raise Invalid("parse_error", detail)
        if number:
            stream.unget(content)
            if part := _part(head, stream):
                yield part
        _exhaust(stream)
    if not ended:
        raise BodyIncomplete("body_incomplete", "The form ended before its last boundary. Send it again.")


def _exhaust(pieces: Any) -> None:
    deque(pieces, maxlen=0)


def _part(head: bytes, stream: Any) -> _Part | None:
    """Return the part with these headers; None when they name no field."""
    headers: dict[str, tuple[str, dict[str, str]]] = {}
    for line in decode(re.sub(rb"\r\n[ \t]+", b" ", head)).split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = _parameters(value)
    _, named = headers.get("content-disposition", ("", {}))
    if "name" not in named:
        return None
    media_type, _ = headers.get("content-type", ("", {}))
    encoding, _ = headers.get("content-transfer-encoding", ("", {}))
    return _Part(
        named["name"].strip(), named.get("filename"), media_type.strip(), encoding.strip() == "base64", stream
    )


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    try:
        return parse_header_parameters(value)
    except ValueError:
        # `filename*` in an unknown charset: drop it, because there may be a plain `filename` beside it.
        return parse_header_parameters(re.sub(r";\s*[\w-]+\*[^;]*", "", value))
