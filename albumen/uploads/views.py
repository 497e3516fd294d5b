"""The base of API views whose requests hold pictures or archives."""

from typing import Any

from django.http import HttpRequest
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from albumen.errors import TooLarge
from albumen.sentences import Amount, Sentence
from albumen.uploads.multipart import UploadHandler
from albumen.uploads.parsers import MAX_JSON, MultiPartParser, UploadJSONParser
from albumen.uploads.temporary import UNKNOWN_LENGTH, RequestUploads


class AcceptsUploads(GenericAPIView[Any]):
    """A view whose bodies may hold a picture, or an archive of pictures."""

    parser_classes: tuple[type[BaseParser], ...] = (UploadJSONParser, MultiPartParser)
    # The fields that hold a file in a form, and base64 in JSON.
    upload_fields: tuple[str, ...] = ("image", "avatar")

    def upload_limit(self) -> int:
        """Return the most bytes that all files of a request together may have. It is called when the first one
        begins."""
        return 20_000_000

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        request.upload_handlers = [UploadHandler(request, self.upload_fields)]
        RequestUploads.of(request).limit = self.upload_limit
        return super().initialize_request(request, *args, **kwargs)

    def limit_upload(self, request: Request, limit: int) -> None:
        """Set the limit of this request in bytes. Raise `TooLarge` when its Content-Length shows that it has more."""
        RequestUploads.of(request._request).limit = lambda: limit
        length = request.META.get("CONTENT_LENGTH") or "0"
        # Base64 makes four bytes of three; MAX_JSON is enough for other fields and the frame of a form.
        at_most = limit * 4 // 3 + MAX_JSON
        if length.isdigit() and length != UNKNOWN_LENGTH and int(length[:20]) > at_most:
            raise TooLarge(
                "too_large",
                Sentence("Send at most %(most)s bytes.", most=Amount(limit)),
                pointer=f"/{self.upload_fields[0]}",
            )
