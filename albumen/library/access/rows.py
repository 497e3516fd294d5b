"""Lists of pictures as plain rows, with their plans and albums: the busiest reads, whose queries are compiled once."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from albumen.accounts.models import User
from albumen.compiled_queries import CompiledQuery, fetch_rows
from albumen.library.access.visible import any_viewer_like, pictures_owned_by, visible_condition
from albumen.library.models import AlbumPicture, Picture
from albumen.plans.models import Plan
from albumen.viewers import Viewer, is_administrator

# The numbers of ids that a statement is compiled for: one for each number of pictures would be too many.
_COUNTS = (1, 10, 50, 200)


class PictureRow(NamedTuple):
    """A picture as a list shows it, without an object of the model for each. Its fields are the model's."""

    id: int
    name: str
    description: str
    owner_id: int
    source: str
    image_url: str | None
    link_problem: str
    width: int
    height: int
    format: str
    bytes: int
    sha256: str
    taken_at: datetime | None
    placeholder: str
    created_at: datetime
    updated_at: datetime
    name_key: str

    @classmethod
    def of(cls, picture: Picture) -> "PictureRow":
        """Return the row of a picture that was loaded as a model."""
        return cls._make(getattr(picture, name) for name in cls._fields)


def own_pictures(viewer: User) -> CompiledQuery[PictureRow]:
    """Return the compiled query for the viewer's own pictures outside of the trash, whose rows are `PictureRow`."""
    return CompiledQuery(_rows_owned_by, (viewer.pk,), PictureRow._make)


def _rows_owned_by(owner_id: int) -> QuerySet[Picture, tuple[object, ...]]:
    return pictures_owned_by(owner_id).values_list(*PictureRow._fields)


def plans_of(viewer: Viewer, owner_ids: set[int]) -> dict[int, Plan]:
    """Return the plan of each of these users by the user's id: it decides about their pictures for every viewer."""
    if isinstance(viewer, User) and owner_ids <= {viewer.pk}:
        return {viewer.pk: viewer.plan}
    plans = Plan.objects.filter(users__in=owner_ids).annotate(owner_id=F("users"))
    return {plan.owner_id: plan for plan in plans}


def albums_of(viewer: Viewer, picture_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the ids of the albums that each of these pictures is in, by the picture's id.

    These are the albums that the viewer may see; of the viewer's own pictures all albums, so that the viewer can take
    a picture out of an album after leaving the organization that it is shown to.
    """
    if not picture_ids:
        return {}
    ids = [*picture_ids]
    wanted = next((count for count in _COUNTS if count >= len(ids)), len(ids))
    ids += ids[:1] * (wanted - len(ids))
    found: dict[int, list[int]] = {}
    administrator = is_administrator(viewer)
    values = (None if administrator else viewer.pk, *ids)
    for picture_id, album_id in fetch_rows(_entries_shown_to, administrator, values=values):
        found.setdefault(picture_id, []).append(album_id)
    return found


def _entries_shown_to(
    administrator: bool, viewer_id: int | None, *picture_ids: int
) -> QuerySet[AlbumPicture, tuple[int, int]]:
    shown = visible_condition(any_viewer_like(administrator, viewer_id), "album__")
    # For administrators the condition is an empty Q, which matches every row. Django drops an empty Q from an OR,
    # so `Q() | owner` would match the owner's rows alone: then nothing is added to it.
    known = shown | Q(picture__owner=viewer_id) if shown and viewer_id is not None else shown
    entries = AlbumPicture.objects.filter(known, picture__in=picture_ids)
    return entries.order_by("album_id").values_list("picture_id", "album_id")
