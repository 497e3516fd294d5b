"""Paging over a thousand pictures, forth and back: no row twice, none missed, whatever comes and goes meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from albumen.library.models import Album, AlbumPicture, Picture
from tests.faults.rounds import LONG
from tests.http.conftest import DAY, ids, new_album, put_in, rows_of
from tests.http.library.test_paging import follow, walk
from tests.http.problems import refused

COUNT = 2500 if LONG else 1000


@pytest.fixture
def many(alice) -> list[int]:
    """Pictures with few different values, and many without a time."""
    return rows_of(
        alice,
        COUNT,
        name=lambda number: f"photo {number * 7 % 40}",
        bytes=lambda number: number * 11 % 5,
        taken_at=lambda number: None if number % 3 == 0 else DAY + timedelta(days=number * 7 % 60),
        created_at=lambda number: DAY + timedelta(microseconds=number * 13 % 30),
    )


@pytest.fixture
def album(alice, many) -> int:
    """All of them, last ones first."""
    album = new_album(alice)
    AlbumPicture.objects.bulk_create(
        AlbumPicture(album_id=album, picture_id=picture, position=number * 10)
        for number, picture in enumerate(reversed(many))
    )
    Album.objects.filter(pk=album).update(picture_count=COUNT)
    return album


@pytest.mark.parametrize("ordering", ["-created_at", "taken_at", "-taken_at", "name", "bytes"])
def test_own_pictures_are_paged_to_the_end_and_back(alice, many, ordering):
    assert sorted(walk(alice, f"/api/pictures/?page_size=200&ordering={ordering}")) == many


@pytest.mark.parametrize("path", ["/api/albums/{}/pictures/?", "/api/pictures/?album={}&"])
@pytest.mark.parametrize("ordering", ["", "ordering=position", "ordering=-position", "ordering=taken_at"])
def test_an_albums_pictures_are_paged_to_the_end_and_back(alice, many, album, path, ordering):
    seen = walk(alice, f"{path.format(album)}page_size=200&{ordering}")
    assert sorted(seen) == many
    if ordering != "ordering=taken_at":
        assert seen == (many if "-" in ordering else many[::-1])


def test_the_pages_of_one_album_of_several_have_no_picture_twice(alice, many, album):
    other = new_album(alice)
    put_in(alice, other, *many[:500])
    assert sorted(walk(alice, f"/api/pictures/?album={album}&page_size=200&ordering=name")) == many
    assert sorted(walk(alice, f"/api/pictures/?album={other}&page_size=200&search=photo")) == many[:500]


def amid(person, url: str, act: Callable[[int, list[int]], None]) -> list[int]:
    """All ids by `next`, while something happens after each page."""
    seen, page = [], 0
    while url:
        body = person.get(url).json()
        seen += [row["id"] for row in body["results"]]
        act(page, seen)
        url, page = body["next"], page + 1
    return seen


@pytest.mark.parametrize("ordering", ["-created_at", "taken_at", "-taken_at", "name", "-bytes"])
def test_rows_added_in_between_double_and_hide_no_other(alice, many, ordering):
    new = []

    def add(page: int, seen: list[int]) -> None:
        # Equal to rows before and after the place that was reached.
        new.extend(
            rows_of(
                alice,
                40,
                name=lambda number: f"photo {number}",
                bytes=lambda number: number % 5,
                taken_at=lambda number: None if number % 3 == 0 else DAY + timedelta(days=number),
                created_at=lambda number: DAY + timedelta(microseconds=number % 30),
            )
            if page < 8
            else []
        )

    seen = amid(alice, f"/api/pictures/?page_size={COUNT // 16}&ordering={ordering}", add)
    assert len(seen) == len(set(seen))
    assert set(many) <= set(seen) <= {*many, *new}
    assert len(new) == 320


def test_pictures_added_to_an_album_in_between_come_at_its_end(alice, many, album):
    new = rows_of(alice, 100)

    def add(page: int, seen: list[int]) -> None:
        if page < 10:
            put_in(alice, album, *new[page * 10 : page * 10 + 10])

    assert amid(alice, f"/api/albums/{album}/pictures/?page_size={COUNT // 13}", add) == [*many[::-1], *new]


def test_pictures_taken_out_in_between_hide_no_other(alice, many, album):
    gone = []

    def take_out(page: int, seen: list[int]) -> None:
        last = seen[-1]
        alice.delete(f"/api/albums/{album}/pictures/{last}/")
        alice.delete(f"/api/pictures/{last - 1}/")
        gone.append(last - 1)

    seen = amid(alice, f"/api/albums/{album}/pictures/?page_size={COUNT // 13}", take_out)
    assert seen == [picture for picture in many[::-1] if picture not in gone]


def test_only_pictures_of_an_album_have_an_order_of_their_own(alice):
    for query in ("ordering=position", "ordering=-position&owner=me", "ordering=position&search=a"):
        refused(alice.get(f"/api/pictures/?{query}"), 400, "unknown_ordering", "/ordering")
    assert ids(alice.get("/api/pictures/?album=999999&ordering=-position")) == []


def test_a_cursor_belongs_to_its_album(alice, many, album):
    other = new_album(alice)
    put_in(alice, other, *many[:3])
    following = alice.get(f"/api/albums/{album}/pictures/?page_size=2").json()["next"]
    refused(alice.get(following.replace(f"/{album}/", f"/{other}/")), 400, "invalid_cursor", "/cursor")
    assert ids(alice.get(following)) == [many[-3], many[-4]]


def test_albums_of_equal_names_and_counts_are_paged_to_the_end_and_back(alice):
    Album.objects.bulk_create(
        Album(owner_id=alice.id, name=f"name {number % 7}", picture_count=number % 3, created_at=DAY)
        for number in range(500)
    )
    for ordering in ("name", "-picture_count", "created_at", "-updated_at"):
        assert len(set(walk(alice, f"/api/albums/?page_size=90&ordering={ordering}"))) == 500


def test_previous_from_the_middle_leads_back_to_what_was_there(alice, many):
    first = alice.get("/api/pictures/?page_size=100&ordering=name").json()
    second = alice.get(first["next"]).json()
    Picture.objects.filter(pk=first["results"][0]["id"]).delete()
    back = follow(alice, second["previous"], "previous")
    assert [row for page in reversed(back) for row in page] == [row["id"] for row in first["results"][1:]]
