"""Deep pages cost what the first one costs: the database finds a page's place in an index, and sorts nothing but
ties."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from albumen.library.models import AlbumPicture
from tests.http.conftest import ids, new_album, rows_of


def plan_of(person, url: str) -> str:
    """How the database goes about the rows of this page."""
    with CaptureQueriesContext(connection) as queries:
        assert ids(person.get(url))
    (statement,) = (one["sql"] for one in queries if 'FROM "library_picture"' in one["sql"] and "LIMIT" in one["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
            return "\n".join(row[3] for row in cursor.fetchall())
        cursor.execute("ANALYZE library_picture, library_albumpicture")
        # So few rows are read as a whole and sorted, unless that is put off; what remains is what many are read by.
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


def begins_in_an_index(plan: str, table: str, index: str, owner: str, field: str, *, descending: bool = False) -> bool:
    """Whether the page's place is found by both columns, and nothing is sorted but ties."""
    if connection.vendor == "sqlite":
        found = f"INDEX {index} ({owner}=? AND {field}{'<' if descending else '>'}?)"
        return f"{table} USING" in plan and found in plan and "FOR ORDER BY" not in plan
    found = f"AND ({field} {'<' if descending else '>'}= "
    lines = (line.replace('"', "").replace(f"({field})::text", field) for line in plan.splitlines())
    condition = next((line for line in lines if f"Index Cond: (({owner} = " in line), "")
    assert f" using {index} on {table}" in plan, plan
    return found in condition and "Sort" not in plan


@pytest.mark.parametrize(
    "ordering", ["-created_at", "created_at", "name", "-updated_at", "-bytes", "width", "-height"]
)
def test_a_page_of_own_pictures_begins_at_its_place_in_an_index(alice, bob, ordering):
    sizes = {name: lambda number: number + 1 for name in ("bytes", "width", "height")}
    for person, count in ((alice, 30), (bob, 300)):
        rows_of(person, count, name=lambda number: f"photo {number}", **sizes)
    following = alice.get(f"/api/pictures/?page_size=10&ordering={ordering}").json()["next"]
    plan, field, descending = plan_of(alice, following), ordering.removeprefix("-"), "-" in ordering
    field = "name_key" if field == "name" else field
    table, index = "library_picture", f"picture_{field}"
    assert begins_in_an_index(plan, table, index, "owner_id", field, descending=descending), plan


@pytest.mark.parametrize("path", ["/api/albums/{}/pictures/?", "/api/pictures/?album={}&"])
def test_a_page_of_an_album_begins_at_its_place_in_an_index(alice, path):
    album = new_album(alice)
    AlbumPicture.objects.bulk_create(
        AlbumPicture(album_id=album, picture_id=picture, position=number)
        for number, picture in enumerate(rows_of(alice, 30))
    )
    following = alice.get(f"{path.format(album)}page_size=10").json()["next"]
    plan = plan_of(alice, following)
    assert begins_in_an_index(plan, "library_albumpicture", "album_order", "album_id", "position"), plan


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL goes by how many rows there are")
def test_looking_at_one_picture_gathers_no_albums(alice, bob):
    shown = rows_of(alice, 1)
    album = new_album(alice, visibility="public")
    AlbumPicture.objects.create(album_id=album, picture_id=shown[0], position=1)
    plan = plan_of(bob, f"/api/pictures/?owner={alice.id}")
    assert "SCAN" not in plan
