"""Pictures as the panel shows them, whatever their owner's plan, and also those in the trash: who decides about a
picture has to see it."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html

from albumen import delivery, imaging
from albumen.errors import NotFound
from albumen.filenames import safe_filename
from albumen.library import access, renditions
from albumen.library.models import Picture, Source

PREVIEW = "library_picture_preview"  # the route's name
LARGE = 1200  # px
# In the place of a thumbnail: showing a picture of another server would tell that server who looks.
ELSEWHERE = format_html('<span class="material-symbols-outlined" title="{0}" aria-label="{0}">link</span>', "linked")


def send_preview(request: HttpRequest, picture_id: int, height: int) -> HttpResponseBase:
    """Answer with a thumbnail at a height of the owner's plan, or at the height LARGE."""
    picture = access.get_picture_anywhere(request.user, picture_id)
    if picture.source == Source.LINK or height not in (*picture.owner.plan.thumbnail_heights, LARGE):
        raise NotFound
    rendition = renditions.get_sendable(picture, height, own=False, webp=True)
    return delivery.send(
        request,
        rendition.name,
        content=rendition.content,
        media_type=imaging.MEDIA_TYPES[rendition.format],
        etag=f"{picture.sha256[:32]}-{height}",
        filename=safe_filename(picture.name, imaging.EXTENSIONS[rendition.format]),
        cache_control="private, max-age=3600",
    )


def small(picture: Picture) -> str:
    """Return an image for lists. It needs `owner.plan`."""
    return _image(picture, min(picture.owner.plan.thumbnail_heights), "picture-small")


def large(picture: Picture) -> str:
    """Return the image for the picture's own page."""
    if picture.source == Source.LINK:
        return "It is on another server, which would learn of every visit here: nothing of it is loaded."
    return _image(picture, LARGE, "picture-large")


def _image(picture: Picture, height: int, css_class: str) -> str:
    if picture.source == Source.LINK:
        return ELSEWHERE
    address = reverse(f"admin:{PREVIEW}", args=[picture.pk, height])
    return format_html('<img src="{}" alt="{}" loading="lazy" class="{}">', address, picture.name, css_class)
