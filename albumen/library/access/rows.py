"""Pictures and albums as plain rows: the busiest reads, whose queries are compiled once.

Functions whose names begin with `rows_` build them, from the rules in `visible.py`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from albumen.accounts.models import User
from albumen.compiled_queries import CompiledQuery, fetch_rows
from albumen.library.access.trash import trash_of
from albumen.library.access.visible import (
    albums_listed_for,
    hidden_from,
    one_visible_album,
    one_visible_picture,
    pictures_owned_by,
    pictures_placed_in,
    require_album,
    visible_condition,
)
from albumen.library.models import Album, AlbumPicture, Picture, Source
from albumen.viewers import Viewer, ViewerLike, as_variant

# The numbers of ids that a statement is compiled for: one for each number of pictures would be too many.
_COUNTS = (1, 10, 50, 200)


class PictureRow(NamedTuple):
    """A picture as the API shows it, without an object of the model. Its fields are the model's. `deleted_at` is known
    only in the trash; `position`, the place in an album, only in the album's list."""

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
    deleted_at: datetime | None = None
    position: int | None = None

    @classmethod
    def of(cls, picture: Picture) -> "PictureRow":
        """Return the row of a picture that was loaded as a model."""
        return cls(*(getattr(picture, name) for name in PICTURE_COLUMNS))


class PlanRow(NamedTuple):
    """What an owner's plan says about their pictures, for every viewer. Its fields are the model's."""

    thumbnail_heights: Sequence[int]
    original: bool


class AlbumRow(NamedTuple):
    """An album as the API shows it, without an object of the model. Its fields are the model's, and `cover`."""

    id: int
    name: str
    description: str
    owner_id: int
    organization_id: int | None
    visibility: str
    picture_count: int
    cover: int | None
    created_at: datetime
    updated_at: datetime
    name_key: str


class FileRow(NamedTuple):
    """A picture that was uploaded, as the addresses of its files need it, with the plan of its owner."""

    name: str
    sha256: str
    has_alpha: bool
    format: str
    owner_id: int
    thumbnail_heights: list[int]
    original: bool


Columns = tuple[Any, ...]
PICTURE_COLUMNS = PictureRow._fields[:-2]
_PLAN_COLUMNS = ("plan__thumbnail_heights", "plan__original")
_PLAN_OF_OWNER = tuple(f"owner__{name}" for name in _PLAN_COLUMNS)


def own_pictures(viewer: User) -> CompiledQuery[PictureRow]:
    """Return the list of the viewer's own pictures outside of the trash."""
    return CompiledQuery(rows_of_own_pictures, (viewer.pk,), PictureRow)


def rows_of_own_pictures(owner_id: int) -> QuerySet[Picture, Columns]:
    """Each is a `PictureRow` up to `name_key`."""
    return pictures_owned_by(owner_id).values_list(*PICTURE_COLUMNS)


def listed_in_album(viewer: Viewer, album_id: int) -> CompiledQuery[PictureRow]:
    """Return the list of the pictures in an album, with their positions; raise as `get_album` does."""
    require_album(viewer, album_id)
    return CompiledQuery(rows_of_album_pictures, (album_id,), PictureRow)


def rows_of_album_pictures(album_id: int) -> QuerySet[Picture, Columns]:
    """Each is a `PictureRow`, for viewers who may see the album."""
    return pictures_placed_in(album_id).values_list(*PictureRow._fields)


def listed_trash(viewer: User) -> CompiledQuery[PictureRow]:
    """Return the list of the viewer's own pictures in the trash."""
    return CompiledQuery(rows_of_trash, (viewer.pk,), PictureRow)


def rows_of_trash(owner_id: int) -> QuerySet[Picture, Columns]:
    """Each is a `PictureRow` up to `deleted_at`."""
    return trash_of(ViewerLike(owner_id, is_staff=False)).values_list(*PICTURE_COLUMNS, "deleted_at")


def get_picture_row(viewer: Viewer, picture_id: int) -> tuple[PictureRow, PlanRow]:
    """Return a picture and its owner's plan; raise as `get_picture` does."""
    administrator, viewer_id = as_variant(viewer)
    for row in fetch_rows(rows_of_one_picture, administrator, values=(viewer_id, picture_id)):
        count = len(PICTURE_COLUMNS)
        return PictureRow(*row[:count]), PlanRow(*row[count:])
    raise hidden_from(viewer)


def rows_of_one_picture(administrator: bool, viewer_id: int | None, picture_id: int) -> QuerySet[Picture, Columns]:
    """A `PictureRow` up to `name_key`, and after it the owner's `PlanRow`; nothing if it is hidden or absent."""
    return one_visible_picture(administrator, viewer_id, picture_id).values_list(*PICTURE_COLUMNS, *_PLAN_OF_OWNER)


def rows_of_file(viewer_id: int | None, picture_id: int) -> QuerySet[Picture, Columns]:
    """A `FileRow`; nothing if the picture is hidden, absent or only linked, for a viewer who is no administrator; None
    is a visitor."""
    visible = one_visible_picture(False, viewer_id, picture_id)
    return visible.filter(source=Source.UPLOAD).values_list(*FileRow._fields[:5], *_PLAN_OF_OWNER)


def listed_albums(viewer: User) -> CompiledQuery[AlbumRow]:
    """Return the list of the viewer's own albums, and those of the viewer's organizations."""
    return CompiledQuery(rows_of_listed_albums, (viewer.pk,), AlbumRow)


def rows_of_listed_albums(viewer_id: int) -> QuerySet[Album, Columns]:
    """Each is an `AlbumRow`."""
    return albums_listed_for(ViewerLike(viewer_id, is_staff=False)).values_list(*AlbumRow._fields)


def get_album_row(viewer: Viewer, album_id: int) -> AlbumRow:
    """Return an album; raise as `get_album` does."""
    administrator, viewer_id = as_variant(viewer)
    for row in fetch_rows(rows_of_one_album, administrator, values=(viewer_id, album_id)):
        return AlbumRow(*row)
    raise hidden_from(viewer)


def rows_of_one_album(administrator: bool, viewer_id: int | None, album_id: int) -> QuerySet[Album, Columns]:
    """An `AlbumRow`; nothing if it is hidden or absent."""
    return one_visible_album(administrator, viewer_id, album_id).values_list(*AlbumRow._fields)


def plans_of(viewer: Viewer, owner_ids: Collection[int]) -> dict[int, PlanRow]:
    """Return the plan of each of these users by the user's id."""
    if not owner_ids:
        return {}
    if isinstance(viewer, User) and set(owner_ids) <= {viewer.pk}:
        return {viewer.pk: PlanRow(viewer.plan.thumbnail_heights, viewer.plan.original)}
    rows = fetch_rows(rows_of_plans, values=filled_up(owner_ids))
    return {owner_id: PlanRow(*plan) for owner_id, *plan in rows}


def rows_of_plans(*owner_ids: int) -> QuerySet[User, Columns]:
    """Each is the id of one of these users, and after it the user's `PlanRow`."""
    return User.objects.filter(pk__in=owner_ids).order_by().values_list("pk", *_PLAN_COLUMNS)


def albums_of(viewer: Viewer, picture_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the ids of the albums that each of these pictures is in, by the picture's id.

    These are the albums that the viewer may see; of the viewer's own pictures all albums, so that the viewer can take
    a picture out of an album after leaving the organization that it is shown to.
    """
    if not picture_ids:
        return {}
    found: dict[int, list[int]] = {}
    administrator, viewer_id = as_variant(viewer)
    for picture_id, album_id in fetch_rows(
        rows_of_entries, administrator, values=(viewer_id, *filled_up(picture_ids))
    ):
        found.setdefault(picture_id, []).append(album_id)
    return found


def filled_up(ids: Collection[int]) -> list[int]:
    """Return the ids, the last of them repeated up to one of the numbers that statements are compiled for."""
    filled = [*ids]
    wanted = next((count for count in _COUNTS if count >= len(filled)), len(filled))
    return filled + filled[-1:] * (wanted - len(filled))


def rows_of_entries(
    administrator: bool, viewer_id: int | None, *picture_ids: int
) -> QuerySet[AlbumPicture, tuple[int, int]]:
    """Each is the id of one of these pictures, and of an album that it is in, in ascending order of albums."""
    shown = visible_condition(ViewerLike(viewer_id, is_staff=administrator), "album__")
    # For administrators the condition is an empty Q, which matches every row. Django drops an empty Q from an OR,
    # so `Q() | owner` would match the owner's rows alone: then nothing is added to it.
    known = shown | Q(picture__owner=viewer_id) if shown and viewer_id is not None else shown
    entries = AlbumPicture.objects.filter(known, picture__in=picture_ids)
    return entries.order_by("album_id").values_list("picture_id", "album_id")
