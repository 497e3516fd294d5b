"""Deep pages cost what the first one costs: SQLite finds a page's place in an index, and sorts nothing but ties."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from albumen.library.models import AlbumPicture
from tests.http.conftest import ids, new_album, rows_of


def plan_of(person, url: str) -> str:
    """How SQLite goes about the rows of this page."""
    with CaptureQueriesContext(connection) as queries:
        assert ids(person.get(url))
    (statement,) = (one["sql"] for one in queries if 'FROM "library_picture"' in one["sql"] and "LIMIT" in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return "\n".join(row[3] for row in cursor.fetchall())


@pytest.mark.parametrize("ordering", ["-created_at", "created_at", "name", "-updated_at", "-bytes"])
def test_a_page_of_own_pictures_begins_at_its_place_in_an_index(alice, ordering):
    rows_of(alice, 30, name=lambda number: f"photo {number}", bytes=lambda number: number)
    following = alice.get(f"/api/pictures/?page_size=10&ordering={ordering}").json()["next"]
    plan = plan_of(alice, following)
    field = ordering.removeprefix("-")
    assert (
        f"library_picture USING INDEX picture_{field} (owner_id=? AND {field}{'<' if '-' in ordering else '>'}?)"
        in plan
    )
    assert "TEMP B-TREE" not in plan


def test_a_page_of_an_album_begins_at_its_place_in_an_index(alice):
    album = new_album(alice)
    AlbumPicture.objects.bulk_create(
        AlbumPicture(album_id=album, picture_id=picture, position=number)
        for number, picture in enumerate(rows_of(alice, 30))
    )
    following = alice.get(f"/api/albums/{album}/pictures/?page_size=10").json()["next"]
    plan = plan_of(alice, following)
    assert "library_albumpicture USING COVERING INDEX album_order (album_id=? AND position>?)" in plan
    assert "FOR ORDER BY" not in plan


def test_looking_at_one_picture_gathers_no_albums(alice, bob):
    shown = rows_of(alice, 1)
    album = new_album(alice, visibility="public")
    AlbumPicture.objects.create(album_id=album, picture_id=shown[0], position=1)
    plan = plan_of(bob, f"/api/pictures/?owner={alice.id}")
    assert "SCAN" not in plan
