"""The order of an album's pictures, however often they are moved, and its cover."""

from datetime import timedelta

import pytest
from django.utils import timezone

from albumen.accounts.models import User
from albumen.library.models import Album, AlbumPicture
from albumen.library.services import album_contents
from tests.faults.rounds import LONG
from tests.http.conftest import ids, new_album, put_in, rows_of
from tests.http.problems import refused

# The places between two neighbours are used up after a few dozen.
MOVES = 2000 if LONG else 200


@pytest.fixture
def album(alice) -> int:
    return new_album(alice)


@pytest.fixture
def four(alice, album) -> list[int]:
    rows = rows_of(alice, 4)
    put_in(alice, album, *rows)
    return rows


def order(person, album: int) -> list[int]:
    return ids(person.get(f"/api/albums/{album}/pictures/?page_size=200"))


def move(person, album: int, picture: int, before: int | None):
    return person.patch(f"/api/albums/{album}/pictures/{picture}/", {"before": before})


def move_picture(person, album: int, picture: int, before: int | None) -> None:
    """Move it as a request does, without the time that a request takes."""
    actor = User.objects.get(pk=person.id)
    album_contents.move_picture(actor=actor, album_id=album, picture_id=picture, before=before, now=timezone.now())


def test_a_picture_moves_before_another_or_to_the_end(alice, album, four):
    one, two, three, last = four
    assert move(alice, album, last, one).status_code == 204
    assert order(alice, album) == [last, one, two, three]
    move(alice, album, one, three)
    assert order(alice, album) == [last, two, one, three]
    move(alice, album, last, None)
    assert order(alice, album) == [two, one, three, last]
    assert ids(alice.get(f"/api/albums/{album}/pictures/?ordering=-position")) == [last, three, one, two]


def test_a_move_to_where_it_is_changes_nothing(alice, album, four):
    for before in (four[1], four[2]):
        assert move(alice, album, four[1], before).status_code == 204
    assert move(alice, album, four[3], None).status_code == 204
    assert order(alice, album) == four


def test_a_move_that_cannot_be_is_refused(alice, album, four):
    (loose,) = rows_of(alice, 1)
    alice.delete(f"/api/pictures/{four[3]}/")
    for before in (loose, four[3], 2**40):
        refused(move(alice, album, four[0], before), 400, "not_in_album", "/before")
    refused(move(alice, album, four[3], four[0]), 404, "not_found")
    path = f"/api/albums/{album}/pictures/{four[0]}/"
    refused(alice.patch(path, {}), 400, "required", "/before")
    for value, code in (("x", "invalid"), (0, "min_value"), (2**63, "max_value")):
        refused(alice.patch(path, {"before": value}), 400, code, "/before")
    assert order(alice, album) == four[:3]


def test_a_picture_in_the_trash_comes_back_to_its_place_among_those_that_moved(alice, album, four):
    one, two, three, last = four
    alice.delete(f"/api/pictures/{two}/")
    move(alice, album, last, three)
    alice.post(f"/api/pictures/{two}/restore/")
    assert order(alice, album) == [one, two, last, three]


def test_many_moves_to_the_same_place_keep_the_order(alice, album):
    rows = rows_of(alice, 30)
    put_in(alice, album, *rows)
    expected = list(rows)
    target, others = rows[1], [picture for picture in rows if picture != rows[1]]
    for number in range(MOVES):
        picture = others[number % len(others)]
        move_picture(alice, album, picture, target)
        expected.remove(picture)
        expected.insert(expected.index(target), picture)
    assert order(alice, album) == expected
    assert move(alice, album, target, expected[0]).status_code == 204
    expected.remove(target)
    assert order(alice, album) == [target, *expected]
    positions = AlbumPicture.objects.filter(album=album).values_list("position", flat=True)
    assert len(set(positions)) == 30
    assert max(map(abs, positions)) < 2**40


def test_many_moves_to_the_end_and_to_the_front_keep_the_order(alice, album, four):
    for number in range(MOVES // 2):
        move_picture(alice, album, four[number % 4], None)
    assert order(alice, album) == four
    expected = list(four)
    for number in range(MOVES // 2):
        picture = four[number * 3 % 4]
        if picture != expected[0]:
            move_picture(alice, album, picture, expected[0])
            expected.remove(picture)
            expected.insert(0, picture)
    assert order(alice, album) == expected


def test_a_change_of_the_order_is_a_change_of_the_album(alice, album, four):
    earlier = timezone.now() - timedelta(days=1)
    Album.objects.update(updated_at=earlier)
    move(alice, album, four[3], four[0])
    assert Album.objects.get(pk=album).updated_at > earlier


def cover(person, album: int) -> int | None:
    shown = person.get(f"/api/albums/{album}/").json()["cover"]
    (listed,) = person.get("/api/albums/").json()["results"]
    assert listed["cover"] == shown
    return shown


def test_the_first_picture_is_the_cover_until_one_is_chosen(alice, album, four):
    one, two, three, last = four
    assert cover(alice, album) == one
    move(alice, album, three, one)
    assert cover(alice, album) == three
    assert alice.patch(f"/api/albums/{album}/", {"cover": last}).json()["cover"] == last
    move(alice, album, two, three)
    assert cover(alice, album) == last
    assert alice.patch(f"/api/albums/{album}/", {"cover": None}).json()["cover"] == two


def test_an_empty_album_has_no_cover(alice, album):
    assert cover(alice, album) is None
    (picture,) = rows_of(alice, 1)
    put_in(alice, album, picture)
    assert cover(alice, album) == picture
    alice.delete(f"/api/pictures/{picture}/")
    assert cover(alice, album) is None


def test_a_cover_that_is_taken_out_is_forgotten(alice, album, four):
    alice.patch(f"/api/albums/{album}/", {"cover": four[2]})
    alice.delete(f"/api/albums/{album}/pictures/{four[2]}/")
    assert cover(alice, album) == four[0]
    put_in(alice, album, four[2])
    assert cover(alice, album) == four[0]


def test_a_cover_in_the_trash_is_stood_in_for_until_it_is_back(alice, album, four):
    alice.patch(f"/api/albums/{album}/", {"cover": four[2]})
    alice.delete(f"/api/pictures/{four[2]}/")
    assert cover(alice, album) == four[0]
    alice.delete(f"/api/pictures/{four[0]}/")
    assert cover(alice, album) == four[1]
    alice.post("/api/trash/restore/", {})
    assert cover(alice, album) == four[2]


def test_only_what_is_seen_in_the_album_can_be_its_cover(alice, bob, album, four):
    (loose,), (his,) = rows_of(alice, 1), rows_of(bob, 1)
    alice.delete(f"/api/pictures/{four[3]}/")
    for picture in (loose, his, four[3], 2**40):
        refused(alice.patch(f"/api/albums/{album}/", {"cover": picture}), 400, "not_in_album", "/cover")
    for value, code in (("x", "invalid"), (0, "min_value"), (2**63, "max_value")):
        refused(alice.patch(f"/api/albums/{album}/", {"cover": value}), 400, code, "/cover")
    assert cover(alice, album) == four[0]
