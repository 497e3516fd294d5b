"""Paging to the end and back again: every row once, in either direction, whatever is equal among them."""

from datetime import UTC, datetime, timedelta

import pytest

from albumen.library.models import ExpiringLink, Picture

DAY = datetime(2024, 5, 6, tzinfo=UTC)
COUNT = 120


@pytest.fixture
def many(alice):
    """Rows with few different values, in no order, some of them null."""
    rows = [
        Picture(
            owner_id=alice.id,
            name=f"name {number * 7 % 3}",
            sha256=f"{number:064}",
            bytes=number * 11 % 4,
            format="jpeg",
            width=10 + number * 5 % 3,
            height=10,
            has_alpha=False,
            placeholder="data:,",
            taken_at=None if number % 3 == 0 else DAY + timedelta(days=number * 7 % 5, microseconds=number % 2),
            created_at=DAY,
            updated_at=DAY + timedelta(microseconds=number * 13 % 4),
        )
        for number in range(COUNT)
    ]
    return [row.pk for row in Picture.objects.bulk_create(rows)]


def follow(person, url: str | None, direction: str) -> list[list[int]]:
    """The ids of this page and of all that follow it, by `next` or by `previous`."""
    pages = []
    while url:
        body = person.get(url).json()
        pages.append([row["id"] for row in body["results"]])
        url = body[direction]
    return pages


def walk(person, url: str) -> list[int]:
    """Forward to the end and back to the start; answers the ids, once both ways agree page by page."""
    there, last = [], url
    while url:
        body = person.get(url).json()
        there.append([row["id"] for row in body["results"]])
        last, url = url, body["next"]
    back = follow(person, last, "previous")
    assert there == back[::-1]
    return [row for page in there for row in page]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("field", ["id", "name", "created_at", "updated_at", "taken_at", "bytes", "width", "height"])
def test_no_row_is_missed_or_comes_twice(alice, many, field, sign):
    seen = walk(alice, f"/api/pictures/?page_size=17&ordering={sign}{field}")
    assert len(seen) == COUNT
    assert sorted(seen) == many
    whole = alice.get(f"/api/pictures/?page_size=200&ordering={sign}{field}").json()
    assert [row["id"] for row in whole["results"]] == seen
    assert whole["next"] is None
    assert whole["previous"] is None


def test_pages_of_one_row_and_pages_that_end_exactly(alice, many):
    Picture.objects.filter(pk__in=many[5:]).delete()
    for size in (1, 4, 5, 6):
        assert sorted(walk(alice, f"/api/pictures/?ordering=taken_at&page_size={size}")) == many[:5]


def test_rows_that_come_and_go_meanwhile_disturb_no_other(alice, many):
    first = alice.get("/api/pictures/?ordering=id&page_size=50").json()
    Picture.objects.filter(pk__in=[many[49], many[50]]).delete()
    rest = [row for page in follow(alice, first["next"], "next") for row in page]
    assert rest == many[51:]


def test_the_trash_and_the_links_are_paged_in_the_same_way(alice, many):
    Picture.objects.update(deleted_at=DAY)
    for ordering in ("-deleted_at", "name", "-created_at"):
        assert sorted(walk(alice, f"/api/trash/?page_size=37&ordering={ordering}")) == many
    ExpiringLink.objects.bulk_create(
        ExpiringLink(picture_id=many[0], expires_at=DAY + timedelta(days=number % 2), created_at=DAY)
        for number in range(30)
    )
    Picture.objects.update(deleted_at=None)
    for ordering in ("created_at", "-expires_at"):
        assert len(set(walk(alice, f"/api/links/?page_size=7&ordering={ordering}"))) == 30
        assert len(set(walk(alice, f"/api/pictures/{many[0]}/links/?page_size=7&ordering={ordering}"))) == 30


@pytest.mark.parametrize("ordering", ["id", "-id", "name", "-name", "taken_at", "-taken_at", "-created_at"])
def test_from_a_page_whose_rows_are_gone_a_client_goes_back(alice, many, ordering):
    def read(url):
        body = alice.get(url).json()
        return [row["id"] for row in body["results"]], body["next"], body["previous"]

    first, following, _ = read(f"/api/pictures/?page_size=3&ordering={ordering}")
    second, beyond, preceding = read(following)
    Picture.objects.exclude(pk__in=first + second).delete()
    rows, onwards, back = read(beyond)
    assert (rows, onwards) == ([], None)
    assert follow(alice, back, "previous") == [second, first]

    Picture.objects.exclude(pk__in=second).delete()
    rows, onwards, back = read(preceding)
    assert (rows, back) == ([], None)
    assert follow(alice, onwards, "next") == [second]
