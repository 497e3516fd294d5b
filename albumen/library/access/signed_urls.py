"""Signed URLs of images, and expiring links: who gets them, and when they work."""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from albumen import signed_urls
from albumen.accounts.models import User
from albumen.compiled_queries import CompiledQuery, fetch_objects
from albumen.errors import Gone, NotFound, Unauthenticated
from albumen.library.access.editable import get_editable_picture
from albumen.library.access.visible import get_picture
from albumen.library.models import ExpiringLink, Picture, Source
from albumen.viewers import Viewer, ViewerLike, is_administrator

ORIGINAL = "original"


def links_of(viewer: Viewer) -> QuerySet[ExpiringLink]:
    """Return the expiring links of the viewer's own pictures, also those that ended."""
    return ExpiringLink.objects.filter(picture__owner_id=viewer.pk)


def listed_links(viewer: Viewer) -> CompiledQuery[ExpiringLink]:
    """Return the list of the expiring links of the viewer's own pictures, also of those that ended."""
    return CompiledQuery(_links_of, (viewer.pk,))


def _links_of(owner_id: int) -> QuerySet[ExpiringLink]:
    return links_of(ViewerLike(owner_id, is_staff=False))


def listed_links_of_picture(viewer: Viewer, picture_id: int) -> CompiledQuery[ExpiringLink]:
    """Return the list of a picture's expiring links, also of those that ended, for its owner and administrators."""
    return CompiledQuery(_links_of_picture, (get_editable_picture(viewer, picture_id).pk,))


def _links_of_picture(picture_id: int) -> QuerySet[ExpiringLink]:
    return ExpiringLink.objects.filter(picture=picture_id)


def get_link(viewer: Viewer, link_id: int) -> ExpiringLink:
    """Return a link, for the picture's owner and for administrators; raise `NotFound` otherwise."""
    links = ExpiringLink.objects.all() if is_administrator(viewer) else links_of(viewer)
    link = links.filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link


def signed_url(picture_id: int, size: int | str, viewer: Viewer, now: datetime) -> str:
    """Return the path of a thumbnail (`size` in px) or of the original, for an `<img>`, which sends no token.

    It is bound to picture, size and viewer, stays the same for one period, so that browsers can cache the image, and
    works for one to two periods, unless the viewer signs out everywhere or gets another password before.
    """
    return signer_for(viewer, now)(picture_id, size)


def signer_for(viewer: Viewer, now: datetime, base: str = "") -> Callable[[int, int | str], str]:
    """Return a function that makes signed URLs from a picture's id and a size, under the origin `base`: a page needs
    some hundred, for one viewer at one time."""
    return signer_until(signed_urls.expiry(now), viewer, base)


def signer_until(expires: int, viewer: Viewer, base: str) -> Callable[[int, int | str], str]:
    """Return a function that makes signed URLs as `signer_for` does, which expire at this Unix time."""
    viewer_id = viewer.pk or 0
    first, last = f"{base}/files/", f"/{viewer_id}/{expires}/"
    code_for, logins = signed_urls.signer("file"), signed_urls.logins_of(viewer)

    def sign(picture_id: int, size: int | str) -> str:
        signed = f"{picture_id}/{size}{last}"
        return f"{first}{signed}{code_for(signed + logins)}"

    return sign


def picture_for_signed_url(
    *, picture_id: int, size: str, viewer_id: int, expires: int, mac: str, now: datetime
) -> tuple[Picture, Viewer]:
    """Return the picture and the viewer of a signed URL.

    Raise `Forbidden` when it is forged or past its time, or the viewer's logins have ended since; `NotFound` when the
    viewer may not see the picture any more or its owner's plan lacks the size.
    """
    signed = f"{picture_id}/{size}/{viewer_id}/{expires}/"
    viewer: Viewer | None = AnonymousUser()
    if viewer_id:
        viewer = next(fetch_objects(_one_user, values=(viewer_id,)), None)
    signed_urls.require_valid("file", signed, mac, viewer=viewer, expires=expires, now=now)
    if viewer is None or not (viewer.is_active or viewer_id == 0):
        raise NotFound
    try:
        picture = get_picture(viewer, picture_id)
    except Unauthenticated:
        raise NotFound from None
    if picture.source == Source.LINK:
        raise NotFound("no_bytes", "This picture is only linked: its bytes are at its `image_url`.")
    if not picture.owner.plan.has_size(None if size == ORIGINAL else int(size)):
        raise NotFound
    return picture, viewer


def _one_user(user_id: int) -> QuerySet[User]:
    return User.objects.filter(pk=user_id).order_by()


def link_token(link_id: int) -> str:
    """Return the token in the URL of an expiring link: its id and 128 bits that only this server can compute."""
    return f"{link_id}-{signed_urls.signer('link')(str(link_id))}"


def get_link_by_token(token: str, now: datetime) -> ExpiringLink:
    """Return the link of a token with its picture, owner and plan. Raise `NotFound` when there never was such a link,
    `Gone` when it has ended."""
    number, _, mac = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound
    if not signed_urls.agrees("link", str(int(number)), mac):
        raise NotFound
    link = ExpiringLink.objects.select_related("picture__owner__plan").filter(pk=int(number)).first()
    if link is None:
        raise Gone("link_ended")
    if code := link.end(now):
        raise Gone(code)
    return link
