"""What an export may hold, while it is packed and for as long as its archive can be downloaded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from albumen import signed_urls
from albumen.accounts.models import User
from albumen.errors import Gone, NotFound
from albumen.library.access.visible import get_album, pictures_of
from albumen.library.models import Album, Picture
from albumen.tasks.models import Task, TaskKind
from albumen.viewers import Viewer


def get_album_to_export(viewer: Viewer, arguments: Mapping[str, Any]) -> Album | None:
    """Return the album that the task with these arguments exports, or None for a whole account.

    Raise `NotFound` once it is deleted or hidden from the viewer, and `Gone` once it has left the organization that it
    was shown to when the export was requested: its owner still sees the album then, but not the pictures of others.
    """
    if arguments["album"] is None:
        return None
    album = get_album(viewer, arguments["album"])
    # Tasks of before this was noted have no "organization".
    if album.has_left(arguments.get("organization")):
        raise Gone("export_ended")
    return album


def pictures_to_export(viewer: Viewer, arguments: Mapping[str, Any]) -> QuerySet[Picture]:
    """Return the pictures that the task with these arguments exports, in their order; raise as `get_album_to_export`
    does."""
    album = get_album_to_export(viewer, arguments)
    if album is None:
        return pictures_of(viewer, viewer.pk).order_by("pk")
    return Picture.objects.live().filter(entries__album=album).order_by("entries__position", "pk")


def sign_export(task_id: int, owner: User, expires_at: datetime) -> str:
    """Return the path of the archive that this task made, for its owner's browser to download without a token. It ends
    with the owner's logins, as a signed URL does."""
    expires = int(expires_at.timestamp())
    signed = f"{task_id}/{owner.pk}/{expires}/"
    return f"/files/exports/{signed}{signed_urls.signer('export')(signed + signed_urls.logins_of(owner))}"


def require_export(*, task_id: int, owner_id: int, expires: int, mac: str, now: datetime) -> None:
    """Raise `NotFound` for a forged URL, and for one that ended with the owner's logins; `Gone` when the archive is
    past its time, when its owner is not active, and when its owner could not export the album in it any more."""
    owner = User.objects.filter(pk=owner_id).first()
    if not signed_urls.agrees_for(owner, "export", f"{task_id}/{owner_id}/{expires}/", mac):
        raise NotFound
    task = Task.objects.filter(pk=task_id, owner=owner_id, kind=TaskKind.EXPORT_PICTURES).first()
    if now.timestamp() >= expires or owner is None or not owner.is_active or task is None:
        raise Gone("export_expired")
    try:
        get_album_to_export(owner, task.arguments)
    except NotFound:
        raise Gone("export_ended") from None
