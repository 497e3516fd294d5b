"""One action on many pictures: each is done or refused by itself, and the results are in the order of the request."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from albumen.library.models import Source
from tests.http.conftest import ids, new_album, put_in, rows_of
from tests.http.problems import refused

PATH = "/api/pictures/bulk/"


def bulk(person, action, pictures, **fields):
    answer = person.post(PATH, {"action": action, "pictures": pictures, **fields})
    assert answer.status_code == 200, answer.content
    return [(row["id"], row["status"], row["code"]) for row in answer.json()["results"]]


def told(person, after=0):
    found = person.get(f"/api/events/?after={after}").json()
    return [(event["type"], event["data"]) for event in found["results"]], found["last"]


def count_of(person, album):
    return person.get(f"/api/albums/{album}/").json()["picture_count"]


@pytest.fixture
def three(alice):
    return rows_of(alice, 3)


def test_pictures_go_to_the_trash_and_come_back_in_the_order_of_the_request(alice, bob, three):
    first, second, third = three
    (hidden,), (seen,) = rows_of(bob, 1), rows_of(bob, 1)
    put_in(bob, new_album(bob, visibility="public"), seen)
    alice.delete(f"/api/pictures/{second}/")
    assert bulk(alice, "trash", [third, seen, hidden, second, 2**50, first, third]) == [
        (third, 204, None),
        (seen, 403, "permission_denied"),
        (hidden, 404, "not_found"),
        (second, 404, "not_found"),
        (2**50, 404, "not_found"),
        (first, 204, None),
    ]
    assert ids(alice.get("/api/pictures/")) == []
    assert sorted(ids(bob.get("/api/pictures/"))) == [hidden, seen]
    assert bulk(alice, "restore", [first, hidden, second, first]) == [
        (first, 200, None),
        (hidden, 404, "not_found"),
        (second, 200, None),
    ]
    assert ids(alice.get("/api/trash/")) == [third]


def test_pictures_are_added_in_the_order_of_the_request(alice, bob, three):
    album = new_album(alice)
    first, second, third = three
    (linked,) = rows_of(alice, 1, source=Source.LINK)
    (of_bob,) = rows_of(bob, 1)
    put_in(alice, album, second)
    alice.delete(f"/api/pictures/{third}/")
    assert bulk(alice, "add_to_album", [linked, of_bob, third, second, first, linked], album=album) == [
        (linked, 200, None),
        (of_bob, 400, "unknown_picture"),
        (third, 400, "unknown_picture"),
        (second, 200, None),
        (first, 200, None),
    ]
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [second, linked, first]
    assert count_of(alice, album) == 3


def test_pictures_are_taken_out_and_stay(alice, three):
    album = new_album(alice)
    first, second, third = three
    put_in(alice, album, first, second, third)
    assert alice.patch(f"/api/albums/{album}/", {"cover": second}).status_code == 200
    alice.delete(f"/api/pictures/{first}/")
    (spare,) = rows_of(alice, 1)
    assert bulk(alice, "remove_from_album", [spare, second, first], album=album) == [
        (spare, 404, "not_found"),
        (second, 204, None),
        (first, 404, "not_found"),
    ]
    shown = alice.get(f"/api/albums/{album}/").json()
    assert (shown["cover"], shown["picture_count"]) == (third, 1)
    assert alice.get(f"/api/pictures/{second}/").status_code == 200
    alice.post(f"/api/pictures/{first}/restore/")
    assert count_of(alice, album) == 2


def test_ones_own_pictures_leave_an_album_that_is_hidden_by_now(alice, bob, studio):
    album = new_album(alice, organization=studio.id, visibility="organization")
    (of_alice,), (of_bob,) = rows_of(alice, 1), rows_of(bob, 1)
    put_in(alice, album, of_alice)
    put_in(bob, album, of_bob)
    studio.remove(bob)
    assert bulk(bob, "remove_from_album", [of_alice, of_bob], album=album) == [
        (of_alice, 404, "not_found"),
        (of_bob, 204, None),
    ]
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [of_alice]


def test_an_album_that_one_may_not_fill_refuses_the_request(alice, charlie):
    (own,) = rows_of(charlie, 1)
    body = {"action": "add_to_album", "pictures": [own]}
    for album in (new_album(alice), 2**50):
        refused(charlie.post(PATH, {**body, "album": album}), 400, "unknown_album", "/album")
    seen = new_album(alice, visibility="public")
    refused(charlie.post(PATH, {**body, "album": seen}), 403, "permission_denied")
    assert count_of(alice, seen) == 0


def test_those_who_see_the_pictures_are_told_once(alice, bob, studio, three):
    album = new_album(alice, organization=studio.id, visibility="organization")
    _, last = told(bob)
    bulk(alice, "add_to_album", [*three, 2**50], album=album)
    bulk(alice, "trash", three)
    bulk(alice, "restore", [three[0], 2**50])
    bulk(alice, "remove_from_album", three[:1], album=album)
    events, last = told(bob, last)
    assert [(kind, data.get("picture_count")) for kind, data in events] == [
        ("album.updated", 3),
        ("picture.deleted", None),
        ("picture.restored", None),
        ("album.updated", 0),
    ]
    assert events[1][1] == {"all": True}
    assert events[2][1]["id"] == three[0]
    for action in ("trash", "restore"):
        bulk(alice, action, [2**50])
    for action in ("add_to_album", "remove_from_album"):
        bulk(alice, action, [2**50], album=album)
    assert told(bob, last)[0] == []


def test_the_same_key_gives_the_first_answer_again(alice, three):
    body = {"action": "trash", "pictures": three}
    first, again = (alice.post(PATH, body, headers={"Idempotency-Key": "away"}) for _ in range(2))
    assert first.json() == again.json()
    assert {row["status"] for row in first.json()["results"]} == {204}
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    other = alice.post(PATH, {**body, "action": "restore"}, headers={"Idempotency-Key": "away"})
    refused(other, 409, "idempotency_key_reused")
    assert sorted(ids(alice.get("/api/trash/"))) == three


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"action": None}, "null", "/action"),
        ({"action": "burn"}, "invalid_choice", "/action"),
        ({"pictures": []}, "min_length", "/pictures"),
        ({"pictures": list(range(1, 1002))}, "max_length", "/pictures"),
        ({"pictures": 7}, "not_a_list", "/pictures"),
        ({"pictures": [7, "x"]}, "invalid", "/pictures/1"),
        ({"pictures": [0]}, "min_value", "/pictures/0"),
        ({"album": 7}, "conflicting", "/album"),
        ({"action": "restore", "album": 7}, "conflicting", "/album"),
        ({"action": "add_to_album"}, "required", "/album"),
        ({"action": "remove_from_album", "album": None}, "required", "/album"),
        ({"albums": 7}, "unknown_field", "/albums"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_done(alice, three, changes, code, pointer):
    body = {"action": "trash", "pictures": three} | changes
    refused(alice.post(PATH, body, format="json"), 400, code, pointer)
    assert len(ids(alice.get("/api/pictures/"))) == 3


def test_a_form_may_have_commas_and_an_album_that_is_null_is_none(alice, three):
    form = {"action": "trash", "pictures": ",".join(map(str, three[:2]))}
    answer = alice.post(PATH, form, format="multipart")
    assert [row["status"] for row in answer.json()["results"]] == [204, 204]
    answer = alice.post(PATH, {"action": "restore", "pictures": three[:1], "album": None}, format="json")
    assert [row["status"] for row in answer.json()["results"]] == [200]


def test_nobody_who_is_not_signed_in_gets_in(anonymous, three):
    refused(anonymous.post(PATH, {"action": "trash", "pictures": three}), 401, "not_authenticated")


def test_a_thousand_take_few_statements(alice, bob):
    album, spread = new_album(alice), [new_album(alice) for _ in range(3)]
    own, of_bob = rows_of(alice, 900), rows_of(bob, 100)
    put_in(bob, new_album(bob, visibility="public"), *of_bob)
    for number, one in enumerate(spread):
        put_in(alice, one, *own[number::3])
    asked = [*own, *of_bob]
    for action, done, refusal in (
        ("add_to_album", 200, 400),
        ("trash", 204, 403),
        ("restore", 200, 404),
        ("remove_from_album", 204, 404),
    ):
        fields = {"album": album} if "album" in action else {}
        with CaptureQueriesContext(
            connection,
        ) as queries:
            results = bulk(alice, action, asked, **fields)
        assert [one for one, _, _ in results] == asked
        assert [status for _, status, _ in results] == [done] * 900 + [refusal] * 100
        assert len(queries) <= 30, (action, [query["sql"][:200] for query in queries])
        assert count_of(alice, album) == {"add_to_album": 900, "restore": 900}.get(action, 0)
        assert {count_of(alice, one) for one in spread} == {0 if action == "trash" else 300}
