"""The bytes of pictures: thumbnails and originals at signed URLs, and the targets of expiring links."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from albumen import delivery, imaging, pages
from albumen.filenames import safe_filename
from albumen.library import access, renditions
from albumen.library.services import links

if TYPE_CHECKING:
    from albumen.library.models import ExpiringLink, Picture

CACHE = "private, max-age=3600"
NO_CACHE = "private, no-store"
IMAGE = {
    (200, "image/*"): OpenApiTypes.BINARY,
    (206, "image/*"): OpenApiTypes.BINARY,
    304: None,
    412: None,
    416: None,
}


class FileView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


@extend_schema(tags=["Delivery"])
class SignedFile(FileView):
    refusals = {"GET": [403, 404, 503]}

    @extend_schema(
        summary="Read a thumbnail or an original by its signed URL",
        description=(
            "The URLs in `thumbnails[].url` and `original`. 403 when the signature is forged, has expired, or ended "
            "with the viewer's logins; 404 when the picture is gone or hidden, or the plan lacks the size. WebP if "
            "`Accept` names it, else JPEG or PNG."
        ),
        responses=IMAGE,
    )
    def get(
        self, request: Request, picture_id: int, size: str, viewer_id: int, expires: int, mac: str
    ) -> HttpResponseBase:
        picture, viewer = access.picture_for_signed_url(
            picture_id=picture_id, size=size, viewer_id=viewer_id, expires=expires, mac=mac, now=timezone.now()
        )
        height = None if size == access.ORIGINAL else int(size)
        own = viewer.pk == picture.owner_id
        return _send(request, picture, height, own=own, cache_control=CACHE, nginx_may_send=True)

    head = get


@extend_schema(tags=["Delivery"])
class LinkTarget(FileView):
    refusals = {"GET": [404, 410, 503]}

    @extend_schema(
        operation_id="link_target_retrieve",
        summary="Read the image of an expiring link",
        description=(
            "Public. 410 past its time, revoked, used up, or its picture deleted. A use is one download: each answer "
            "that has the first byte counts, so that the parts which one download is made of count once. HEAD does "
            "not, and neither does an answer that breaks off before all of it was sent. With `max_uses` every answer "
            "is whole, and a browser's navigation (`Accept` with `text/html`) or a messenger's preview (by its "
            "`User-Agent`) gets a page with a button, which counts nothing."
        ),
        responses=IMAGE,
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        now = timezone.now()
        link = access.get_link_by_token(token, now)
        looked_at = pages.is_navigation(request._request) or pages.is_preview(request._request)
        if looked_at and link.max_uses is not None:
            context = {"link": link, "picture": link.picture, "left": link.max_uses - link.uses}
            return pages.send("library/link.html", context)
        return self._image(request, link, now)

    head = get

    @extend_schema(exclude=True)
    def post(self, request: Request, token: str) -> HttpResponseBase:
        """Answer the buttons of the page, by a method that no preview and no prefetching uses."""
        now = timezone.now()
        link = access.get_link_by_token(token, now)
        return self._image(request, link, now, attachment="save" in request.query_params)

    def _image(
        self, request: Request, link: "ExpiringLink", now: datetime, *, attachment: bool = False
    ) -> HttpResponseBase:
        response = _send(
            request,
            link.picture,
            link.height,
            cache_control=NO_CACHE,
            # Where uses are limited, parts and revalidations would give bytes that nobody counted.
            whole=link.max_uses is not None,
            attachment=attachment,
        )
        if request.method != "HEAD" and delivery.has_first_byte(response):
            try:
                links.use_link(link=link, now=now)
            except Exception:
                response.close()
                raise
            response = delivery.ObservedResponse(response, partial(_give_back, link.pk))
            # nginx would take all of it at once, and nobody would learn that the client has left.
            response["X-Accel-Buffering"] = "no"
        return response


def _give_back(link_id: int) -> None:
    links.give_back_use(link_id=link_id, now=timezone.now())


def _send(
    request: Request,
    picture: "Picture",
    height: int | None,
    *,
    cache_control: str,
    own: bool = False,
    whole: bool = False,
    attachment: bool = False,
    nginx_may_send: bool = False,
) -> HttpResponseBase:
    webp = delivery.takes_webp(request.headers.get("Accept", ""))
    rendition = renditions.get_sendable(picture, height, own=own, webp=webp)
    return delivery.send(
        request._request,
        rendition.name,
        content=rendition.content,
        media_type=imaging.MEDIA_TYPES[rendition.format],
        etag=renditions.etag(picture.sha256, rendition.name),
        filename=safe_filename(picture.name, imaging.EXTENSIONS[rendition.format]),
        cache_control=cache_control,
        vary="" if height is None else "Accept",
        whole=whole,
        attachment=attachment,
        # nginx keeps thumbnails itself.
        nginx_may_send=nginx_may_send and height is None,
    )
