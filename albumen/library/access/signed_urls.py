"""What is handed out: signed addresses for images, and expiring links; and when they hold."""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from albumen import signed_urls
from albumen.accounts.models import User
from albumen.errors import Gone, NotFound, Unauthenticated
from albumen.library.access.visible import get_picture
from albumen.library.models import ExpiringLink, Picture, Source
from albumen.plans.models import Plan
from albumen.viewers import Viewer, is_administrator

ORIGINAL = "original"
LINK_ENDS = {
    "link_revoked": "This link was withdrawn. Ask its sender for a new one.",
    "link_expired": "This link has expired. Ask its sender for a new one.",
    "link_used_up": "This link was used as often as it may be. Ask its sender for a new one.",
    "link_ended": "The picture behind this link was removed.",
}


def require_bytes(picture: Picture) -> None:
    """`NotFound` for a linked picture, whose bytes are elsewhere."""
    if picture.source == Source.LINK:
        raise NotFound("no_bytes", "This picture is only linked: its bytes are at its `image_url`.")


def require_size(plan: Plan, height: int | None) -> None:
    """`NotFound` unless the owner's plan has this thumbnail height in px, or the original for None."""
    if not plan.has_size(height):
        raise NotFound


def links_of(viewer: Viewer) -> QuerySet[ExpiringLink]:
    """The expiring links of the viewer's own pictures, ended ones too."""
    return ExpiringLink.objects.filter(picture__owner_id=viewer.pk)


def get_link(viewer: Viewer, link_id: int) -> ExpiringLink:
    """One link, for the picture's owner and for administrators; `NotFound` otherwise."""
    links = ExpiringLink.objects.all() if is_administrator(viewer) else links_of(viewer)
    link = links.filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link


def signed_url(picture_id: int, size: int | str, viewer: Viewer, now: datetime) -> str:
    """The path of a thumbnail (`size` in px) or of the original, for an `<img>` without any header.

    Bound to picture, size and viewer. It stays the same string for one period, so that browsers can cache what is
    behind it, and works for one to two periods.
    """
    return signer_for(viewer, now)(picture_id, size)


def signer_for(viewer: Viewer, now: datetime, base: str = "") -> Callable[[int, int | str], str]:
    """The same for many, behind the address `base`: a page has some hundred, for one viewer at one time."""
    viewer_id = viewer.pk or 0
    first, last = f"{base}/files/", f"/{viewer_id}/{signed_urls.expiry(now)}/"
    code_for = signed_urls.signer("file")

    def sign(picture_id: int, size: int | str) -> str:
        signed = f"{picture_id}/{size}{last}"
        return f"{first}{signed}{code_for(signed)}"

    return sign


def picture_for_signed_url(
    *, picture_id: int, size: str, viewer_id: int, expires: int, mac: str, now: datetime
) -> tuple[Picture, Viewer]:
    """The picture and the viewer of a signed address.

    `Forbidden` when it is forged or past its time, `NotFound` when the viewer may not see the picture any more or its
    owner's plan lacks the size.
    """
    signed = f"{picture_id}/{size}/{viewer_id}/{expires}/"
    signed_urls.require_valid("file", signed, mac, expires=expires, now=now)
    viewer: Viewer | None = (
        AnonymousUser() if viewer_id == 0 else User.objects.filter(pk=viewer_id, is_active=True).first()
    )
    if viewer is None:
        raise NotFound
    try:
        picture = get_picture(viewer, picture_id)
    except Unauthenticated:
        raise NotFound from None
    require_bytes(picture)
    require_size(picture.owner.plan, None if size == ORIGINAL else int(size))
    return picture, viewer


def sign_export(task_id: int, owner_id: int, expires_at: datetime) -> str:
    """The path of the archive that this task made, for its owner to download without any header."""
    expires = int(expires_at.timestamp())
    signed = f"{task_id}/{owner_id}/{expires}/"
    return f"/files/exports/{signed}{signed_urls.signer('export')(signed)}"


def require_export(*, task_id: int, owner_id: int, expires: int, mac: str, now: datetime) -> None:
    """`NotFound` for a forged address, `Gone` when the archive is past its time or its owner is not active."""
    if not signed_urls.agrees("export", f"{task_id}/{owner_id}/{expires}/", mac):
        raise NotFound
    if now.timestamp() >= expires or not User.objects.filter(pk=owner_id, is_active=True).exists():
        raise Gone("export_expired", "This archive was kept for a day. Start the export again.")


def link_token(link_id: int) -> str:
    """What stands in the address of an expiring link: the id and 128 bits that only this server can tell."""
    return f"{link_id}-{signed_urls.signer('link')(str(link_id))}"


def picture_for_link(token: str, now: datetime) -> ExpiringLink:
    """The link with its picture, owner and plan. `NotFound` when there never was such a link, `Gone` when it ended."""
    number, _, mac = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound
    if not signed_urls.agrees("link", str(int(number)), mac):
        raise NotFound
    link = ExpiringLink.objects.select_related("picture__owner__plan").filter(pk=int(number)).first()
    if link is None:
        raise Gone("link_ended", LINK_ENDS["link_ended"])
    require_running(link, now)
    return link


def require_running(link: ExpiringLink, now: datetime) -> None:
    """Raise `Gone` when the link has ended. It needs `picture.owner.plan`."""
    if code := link.end(now):
        raise Gone(code, LINK_ENDS[code])
