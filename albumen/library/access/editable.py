"""The rules of who may change and delete a picture: its owner and administrators (requirement D6)."""

from collections.abc import Collection

from albumen.errors import DomainError, Forbidden, NotFound
from albumen.library.access.visible import get_picture, pictures_visible_to
from albumen.library.models import Picture, PictureQuerySet
from albumen.viewers import Viewer, is_administrator


def get_editable_picture(viewer: Viewer, picture_id: int) -> Picture:
    """Return a picture for its owner and administrators; raise `Forbidden` for others who may see it."""
    picture = get_picture(viewer, picture_id)
    if picture.owner_id != viewer.pk and not is_administrator(viewer):
        raise Forbidden
    return picture


def editable_pictures(viewer: Viewer) -> PictureQuerySet:
    """Return every picture that `get_editable_picture` returns to the viewer."""
    pictures = Picture.objects.live()
    return pictures if is_administrator(viewer) else pictures.filter(owner_id=viewer.pk)


def refusals_to_edit(viewer: Viewer, picture_ids: Collection[int]) -> dict[int, DomainError]:
    """Return, by id, what `get_editable_picture` raises about these pictures, none of which the viewer may change."""
    if is_administrator(viewer) or not picture_ids:
        return {picture_id: NotFound() for picture_id in picture_ids}
    others = pictures_visible_to(viewer).filter(pk__in=picture_ids).exclude(owner_id=viewer.pk)
    seen = set(others.order_by().values_list("pk", flat=True))
    return {picture_id: Forbidden() if picture_id in seen else NotFound() for picture_id in picture_ids}
