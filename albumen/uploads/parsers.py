"""Parsers for REST framework: strict JSON, JSON with pictures in it, and forms."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import parsers, serializers
from rest_framework.parsers import BaseParser

from albumen.errors import Invalid, TooLarge
from albumen.sentences import Amount, Sentence
from albumen.uploads.base64text import Base64Writer, StringSpool
from albumen.uploads.duplicate_keys import require_distinct_keys
from albumen.uploads.temporary import CHUNK, RequestUploads, SpooledFile, Upload

# What a JSON body may hold beside its pictures, in bytes.
MAX_JSON = 1_000_000


class JSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8: one object of at most MAX_JSON bytes."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        request: HttpRequest = (parser_context or {})["request"]._request
        return self.read(iter(lambda: stream.read(CHUNK), b""), request)

    def read(self, chunks: Iterator[bytes], request: HttpRequest) -> dict[str, Any]:
        text = bytearray()
        for part in chunks:
            text += part
            if len(text) > MAX_JSON:
                detail = Sentence("A JSON body has at most %(most)s bytes beside the picture.", most=Amount(MAX_JSON))
                raise TooLarge("too_large", detail)
        try:
            document = orjson.loads(bytes(text))
        except orjson.JSONDecodeError as error:
            detail = Sentence("The body is no valid JSON: %(error)s.", error=str(error))
            raise Invalid("malformed_json", detail) from None
        require_distinct_keys(text.decode())
        if not isinstance(document, dict):
            raise Invalid("malformed_json", 'The body must be a JSON object, like {"name": "value"}.')
        return document


class UploadJSONParser(JSONParser):
    """JSON bodies whose long strings are decoded from base64 into uploads while they are received."""

    def read(self, chunks: Iterator[bytes], request: HttpRequest) -> dict[str, Any]:
        spool = StringSpool(RequestUploads.of(request))
        document = super().read(spool.without_long_strings(chunks), request)
        return {
            key: spool.by_word.get(value, value) if isinstance(value, str) else value
            for key, value in document.items()
        }


class FormParser(parsers.FormParser):
    """The fields of a URL-encoded form, which must be UTF-8."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        text = stream.read(MAX_JSON + 1)
        if len(text) > MAX_JSON:
            raise TooLarge("too_large", Sentence("A form has at most %(most)s bytes.", most=Amount(MAX_JSON)))
        return _require_utf8(super().parse(BytesIO(text), media_type, parser_context), text)


class MultiPartParser(parsers.MultiPartParser):
    """A form's fields and files, which the request's upload handler reads."""


def _require_utf8(fields: Any, text: bytes) -> Any:
    """Return the fields. Raise `Invalid` when the text is not UTF-8, whose bytes Django would replace with U+FFFD."""
    try:
        unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        for name, values in fields.lists():
            if any("\ufffd" in value for value in (name, *values)):
                raise Invalid("invalid_encoding", pointer=f"/{name}") from None
    return fields


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.Field[Upload, Any, Any, Any]):
    """A picture in a request: a multipart file, or base64 (bare or a data URL) in JSON; an `Upload` when validated."""

    default_error_messages = {
        "invalid": _("Send a file, or its bytes as base64."),
        "empty": _("The file is empty."),
    }

    def to_internal_value(self, data: Any) -> Upload:
        if isinstance(data, SpooledFile):
            upload = data.upload
        elif isinstance(data, Upload):
            upload = data
        elif isinstance(data, str):
            uploads = RequestUploads.of(self.context["request"]._request)
            writer = Base64Writer(uploads.begin(field=self.field_name or ""))
            writer.write(data.encode("utf-8", "replace"))
            upload = writer.finish()
        else:
            self.fail("invalid")
        if not upload.size:
            self.fail("empty")
        return upload

    def to_representation(self, value: Any) -> Any:
        return None


@extend_schema_field(OpenApiTypes.STR)
class Base64Field(UploadField):
    """An `UploadField` that the API's description shows as text, for bodies in JSON."""
