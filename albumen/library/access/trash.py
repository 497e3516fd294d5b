"""The rules of which pictures in the trash a viewer may reach."""

from django.db.models import Max

from albumen.errors import NotFound
from albumen.library.models import Picture, PictureQuerySet
from albumen.viewers import Viewer, is_administrator, require_administrator


def trash_of(viewer: Viewer) -> PictureQuerySet:
    """Return the viewer's own pictures in the trash."""
    return Picture.objects.trashed().filter(owner_id=viewer.pk)


def restorable_pictures(viewer: Viewer) -> PictureQuerySet:
    """Return the pictures in the trash that the viewer may restore and delete for good: the viewer's own; for
    administrators all."""
    return Picture.objects.trashed() if is_administrator(viewer) else trash_of(viewer)


def trash_to_restore(viewer: Viewer, scope: str) -> PictureQuerySet:
    """Return what one call restores: with the scope `own` all of the viewer's own trash; with `all`, for
    administrators, what the last deletion of every picture put there."""
    if scope == "own":
        return trash_of(viewer)
    require_administrator(viewer)
    last = Picture.objects.aggregate(last=Max("deleted_with"))["last"]
    return Picture.objects.filter(deleted_with=last, deleted_with__isnull=False)


def get_picture_anywhere(viewer: Viewer, picture_id: int) -> Picture:
    """Return a picture with its owner and plan, in the trash or not, for administrators; raise `NotFound` where there
    is none."""
    require_administrator(viewer)
    picture = Picture.objects.select_related("owner__plan").filter(pk=picture_id).first()
    if picture is None:
        raise NotFound
    return picture


def get_trashed_picture(viewer: Viewer, picture_id: int) -> Picture:
    """Return a picture in the trash with its owner and plan; raise `NotFound` for one of somebody else, except to
    administrators."""
    picture = restorable_pictures(viewer).select_related("owner__plan").filter(pk=picture_id).first()
    if picture is None:
        raise NotFound
    return picture
