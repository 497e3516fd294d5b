"""Pictures and albums as JSON, for somebody who is signed in."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from albumen import signed_urls
from albumen.api.pagination import PAGE_SIZE, compiled_window, next_page
from albumen.api.renderers import JSONRenderer
from albumen.fastpath.database import Key, Read, TooMuch, all_values_of, values_of
from albumen.fastpath.memory import Memory, size_of
from albumen.fastpath.messages import Found
from albumen.fastpath.signed_in import SignedIn, as_plan, as_time, signed_in
from albumen.library import access
from albumen.library.access import rows
from albumen.library.access.rows import PICTURE_COLUMNS, AlbumRow, PictureRow, PlanRow
from albumen.library.access.visible import ids_of_one_visible_album
from albumen.library.serializers.shapes import album_shape, picture_shape

HEADERS = (
    ("Content-Type", "application/json"),
    ("Vary", "Accept, origin"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
# So many bytes of rows and their JSON are kept.
MOST_KEPT = 16 * 1024 * 1024
# More albums for the pictures of a page take long to read.
MOST_ENTRIES = 2000
_json = Memory(MOST_KEPT)
_own_pictures = Read(compiled_window, rows.rows_of_own_pictures, (), "created_at", True, True, limit=PAGE_SIZE + 1)
_album_pictures = Read(compiled_window, rows.rows_of_album_pictures, (), "position", False, True, limit=PAGE_SIZE + 1)
_listed_albums = Read(compiled_window, rows.rows_of_listed_albums, (), "created_at", True, True, limit=PAGE_SIZE + 1)
_one_picture = Read(rows.rows_of_one_picture, False, limit=1)
_one_album = Read(ids_of_one_visible_album, False, limit=1)
# Each number of ids needs a statement of its own; so do pictures that are all the viewer's own, whose albums they know
# all, as administrators do: then no album is looked up.
_entries = lru_cache(lambda _, all_own: Read(rows.rows_of_entries, all_own, limit=MOST_ENTRIES))
_plans = lru_cache(lambda _: Read(rows.rows_of_plans, limit=PAGE_SIZE))
_render = JSONRenderer().render
_ID, _OWNER = map(PictureRow._fields.index, ("id", "owner_id"))


class Reader:
    """Who reads, at which origin, and until when the signed URLs for them stay the same (Unix time)."""

    def __init__(self, viewer: SignedIn, origin: str, now: datetime) -> None:
        self.viewer, self._origin = viewer, origin
        self._expires = signed_urls.expiry(now)
        self.until = min(viewer.until, self._expires - settings.SIGNED_URL_PERIOD)

    def pictures(self) -> bytes:
        """Return the first page of the viewer's own pictures."""
        return self._page("Pictures", "/api/pictures/", _own_pictures.keys(self.viewer.pk), "created_at", self._shown)

    def album_pictures(self, album_id: int) -> bytes | None:
        """Return the first page of the pictures of an album; None if it is hidden or absent."""
        if not _one_album.keys(self.viewer.pk, album_id):
            return None
        keys, path = _album_pictures.keys(album_id), f"/api/albums/{album_id}/pictures/"
        return self._page("AlbumPictures", path, keys, "position", self._shown, album_id=album_id)

    def albums(self) -> bytes:
        """Return the first page of the viewer's albums."""
        keys = _listed_albums.keys(self.viewer.pk)
        return self._page("Albums", "/api/albums/", keys, "created_at", lambda shown: map(_album_json, shown))

    def picture(self, picture_id: int) -> bytes | None:
        """Return one picture; None if it is hidden or absent."""
        values = _one_picture.first(self.viewer.pk, picture_id)
        if values is None:
            return None
        picture, plan = tuple(values[: len(PICTURE_COLUMNS)]), as_plan(*values[len(PICTURE_COLUMNS) :])
        albums = self._albums_of([picture_id], all_own=picture[_OWNER] == self.viewer.pk)
        return self._json_of(plan).of(picture, (*albums[picture_id],))

    def _page(
        self,
        view: str,
        path: str,
        keys: list[Key],
        field: str,
        show: "Callable[[list[Key]], Any]",
        **kwargs: int,
    ) -> bytes:
        """Return a page of at most PAGE_SIZE of these rows. `view` and `kwargs` are those of the list's view."""
        shown = keys[:PAGE_SIZE]
        following = b"null"
        if len(keys) > PAGE_SIZE:
            last = values_of(shown[-1])
            value = last[(AlbumRow if view == "Albums" else PictureRow)._fields.index(field)]
            following = _next_page(self._origin + path, view, tuple(kwargs.items()), field, value, last[0])
        return b'{"next":%b,"previous":null,"results":[%b]}' % (following, b",".join(show(shown)))

    def _shown(self, keys: list[Key]) -> list[bytes]:
        """Return the JSON of each of these pictures."""
        found = all_values_of(keys)
        others = {row[_OWNER] for row in found} - {self.viewer.pk}
        albums = self._albums_of([row[_ID] for row in found], all_own=not others)
        json = {self.viewer.pk: self._json_of(self.viewer.plan).of}
        for owner_id, *plan in _plans(len(others)).rows(*rows.filled_up(others)) if others else ():
            json[owner_id] = self._json_of(as_plan(*plan)).of
        return [json[row[_OWNER]](key, (*albums[row[_ID]],)) for row, key in zip(found, keys, strict=True)]

    def _albums_of(self, picture_ids: list[int], *, all_own: bool) -> defaultdict[int, list[int]]:
        """Return the ids of the albums of each picture, by the picture's id."""
        albums: defaultdict[int, list[int]] = defaultdict(list)
        if picture_ids:
            ids = rows.filled_up(picture_ids)
            entries = _entries(len(ids), all_own).rows(None if all_own else self.viewer.pk, *ids)
            if len(entries) == MOST_ENTRIES:
                raise TooMuch
            for picture_id, album_id in entries:
                albums[picture_id].append(album_id)
        return albums

    def _json_of(self, plan: PlanRow) -> "PictureJson":
        return _picture_json(self.viewer.pk, self.viewer.token_version, plan, self._origin, self._expires)


class PictureJson:
    """The JSON of pictures whose owners have one plan, for one viewer at one origin, in one period of signed URLs."""

    def __init__(self, viewer: SignedIn, plan: PlanRow, origin: str, expires: int) -> None:
        self._plan = plan
        self.url = access.signer_until(expires, viewer, origin)

    def of(self, key: Key, albums: tuple[int, ...]) -> bytes:
        """Return the JSON of the picture with this row, which is in these albums."""
        place = self, key, albums
        json: bytes | None = _json.get(place)
        if json is None:
            row = _picture_row(values_of(key))
            json = _render(picture_shape(row, albums=[*albums], plan=self._plan, url=self.url))
            _json.keep(place, json, size_of(key, albums, json) + 500)
        return json


def read(
    authorization: str, origin: str, find: Callable[..., bytes | None], numbers: Sequence[str], allow: str
) -> Found | None:
    """Return what `find`, a method of `Reader`, gives to somebody who is signed in by this header, None where that is
    nothing. `numbers` are those in the path."""
    now = timezone.now()
    viewer = signed_in(authorization, now)
    if viewer is None:
        return None
    reader = Reader(viewer, origin, now)
    content = find(reader, *map(int, numbers))
    if content is None:
        return None
    return Found((*HEADERS, ("Allow", allow)), reader.until, content, user_id=viewer.pk)


@lru_cache(maxsize=1024)
def _picture_json(viewer_id: int, token_version: int, plan: PlanRow, origin: str, expires: int) -> PictureJson:
    return PictureJson(SignedIn(viewer_id, token_version, plan), plan, origin, expires)


def _picture_row(values: Sequence[Any]) -> PictureRow:
    row = PictureRow(*values)
    taken_at = row.taken_at and as_time(row.taken_at)
    return row._replace(taken_at=taken_at, created_at=as_time(row.created_at), updated_at=as_time(row.updated_at))


def _album_json(key: Key) -> bytes:
    json: bytes | None = _json.get(key)
    if json is None:
        row = AlbumRow(*values_of(key))
        row = row._replace(created_at=as_time(row.created_at), updated_at=as_time(row.updated_at))
        json = _render(album_shape(row))
        _json.keep(key, json, size_of(key, json) + 200)
    return json


@lru_cache(maxsize=1024)
def _next_page(url: str, view: str, kwargs: tuple[tuple[str, int], ...], field: str, value: Any, row_id: int) -> bytes:
    value = as_time(value) if field.endswith("_at") else value
    return _render(next_page(url, view, dict(kwargs), field, value, row_id))
