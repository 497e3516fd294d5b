"""The bytes: thumbnails and originals behind signed addresses, and what expiring links lead to."""

from typing import TYPE_CHECKING, Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from albumen import delivery, imaging
from albumen.library import access, renditions
from albumen.library.renditions import Rendition
from albumen.library.services import links

if TYPE_CHECKING:
    from albumen.library.models import Picture

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
        summary="A thumbnail or an original",
        description=(
            "Behind `thumbnails[].url` and `original`. 403 when the signature is forged or past its time, 404 when "
            "the picture is gone, hidden, or the plan lacks the size. WebP where `Accept` names it, else JPEG or PNG."
        ),
        responses=IMAGE,
    )
    def get(
        self, request: Request, picture_id: int, size: str, viewer_id: int, expires: int, mac: str
    ) -> HttpResponseBase:
        picture, viewer = access.picture_behind_address(
            picture_id=picture_id, size=size, viewer_id=viewer_id, expires=expires, mac=mac, now=timezone.now()
        )
        if size == access.ORIGINAL:
            own = viewer.pk == picture.owner_id
            rendition = renditions.get_original(picture) if own else renditions.get_shared_original(picture)
        else:
            rendition = _thumbnail(request, picture, int(size))
        return _send(request, picture, rendition, size, cache_control=CACHE)

    head = get


@extend_schema(tags=["Delivery"])
class LinkTarget(FileView):
    refusals = {"GET": [404, 410, 503]}

    @extend_schema(
        operation_id="link_target_retrieve",
        summary="What an expiring link leads to",
        description="Public. 410 past its time, revoked, used up, or its picture deleted. HEAD does not count.",
        responses=IMAGE,
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        now = timezone.now()
        link = access.picture_behind_link(token, now)
        if link.height is None:
            rendition = renditions.get_shared_original(link.picture)
        else:
            rendition = _thumbnail(request, link.picture, link.height)
        # A use is one whole download: parts and revalidations would make the count a guess.
        counted = link.max_uses is not None
        response = _send(
            request, link.picture, rendition, link.height or access.ORIGINAL, cache_control=NO_CACHE, whole=counted
        )
        if request.method == "GET" and response.status_code in (200, 206):
            try:
                links.use_link(link=link, now=now)
            except Exception:
                response.close()
                raise
        return response

    head = get


def _thumbnail(request: Request, picture: "Picture", height: int) -> Rendition:
    # Browsers name WebP where they can show it; a wildcard is also what those send that cannot.
    webp = any((kind.main_type, kind.sub_type) == ("image", "webp") for kind in request._request.accepted_types)
    return renditions.get_thumbnail(picture, height, picture.owner.plan.thumbnail_heights, webp=webp)


def _send(
    request: Request,
    picture: "Picture",
    rendition: Rendition,
    size: int | str,
    *,
    cache_control: str,
    whole: bool = False,
) -> HttpResponseBase:
    options: dict[str, Any] = {"cache_control": cache_control, "whole": whole}
    if size != access.ORIGINAL:
        options["vary"] = "Accept"
    return delivery.send(
        request._request,
        rendition.name,
        media_type=imaging.MEDIA_TYPES[rendition.format],
        etag=f"{picture.sha256[:32]}-{rendition.name.rpartition('/')[2][:40]}",
        filename=delivery.safe_filename(picture.name, imaging.EXTENSIONS[rendition.format]),
        **options,
    )
