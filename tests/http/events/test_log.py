"""Each user's numbered log, read over HTTP."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from albumen.events.services import Happening, prune_events, publish
from tests.http.problems import refused


def tell(*people, kind="picture.created", ago=timedelta(0), **data):
    with transaction.atomic():
        publish(Happening(kind, data, {person.id for person in people}), now=timezone.now() - ago)


def events(person, query=""):
    answer = person.get(f"/api/events/{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_nothing_has_happened_yet(alice):
    assert events(alice) == {"results": [], "last": 0}


def test_each_has_numbers_of_their_own(alice, bob):
    tell(alice, id=1)
    tell(alice, bob, kind="album.created", id=2)
    assert [(row["id"], row["type"], row["data"]) for row in events(alice)["results"]] == [
        (1, "picture.created", {"id": 1}),
        (2, "album.created", {"id": 2}),
    ]
    assert [row["id"] for row in events(bob)["results"]] == [1]
    assert events(bob)["results"][0]["at"].endswith("Z")


def test_one_call_may_tell_several_things(alice, bob):
    here, both = {alice.id}, {alice.id, bob.id}
    with transaction.atomic():
        publish(Happening("a", {}, here), Happening("b", {}, both), Happening("c", {}, []), now=timezone.now())
    assert [(row["id"], row["type"]) for row in events(alice)["results"]] == [(1, "a"), (2, "b")]
    assert [(row["id"], row["type"]) for row in events(bob)["results"]] == [(1, "b")]


def test_a_client_goes_on_where_it_was(alice):
    for number in range(5):
        tell(alice, id=number)
    page = events(alice, "?limit=2")
    assert ([row["id"] for row in page["results"]], page["last"]) == ([1, 2], 5)
    assert [row["id"] for row in events(alice, "?after=2&limit=2")["results"]] == [3, 4]
    assert events(alice, "?after=5") == {"results": [], "last": 5}


def test_what_was_rolled_back_leaves_no_number_behind(alice):
    with transaction.atomic():
        publish(Happening("picture.created", {}, {alice.id}), now=timezone.now())
        transaction.set_rollback(True)
    tell(alice)
    assert [row["id"] for row in events(alice)["results"]] == [1]


def test_after_a_week_they_are_gone_and_the_client_is_told(alice, bob):
    tell(alice, ago=timedelta(days=8))
    tell(alice, bob, ago=timedelta(days=7, seconds=1))
    tell(alice, ago=timedelta(days=6))
    assert prune_events(now=timezone.now()) == 3
    assert [row["id"] for row in events(alice)["results"]] == [3]
    assert refused(alice.get("/api/events/?after=1"), 410, "events_pruned")["oldest"] == 3
    assert [row["id"] for row in events(alice, "?after=2")["results"]] == [3]
    assert refused(bob.get("/api/events/?after=0"), 410, "events_pruned")["oldest"] == 2
    assert events(bob) == {"results": [], "last": 1}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?after=1", "unknown_event"),
        ("?after=-1", "min_value"),
        ("?after=x", "invalid"),
        (f"?after={2**63}", "max_value"),
        ("?limit=0", "min_value"),
        ("?limit=1001", "max_value"),
        ("?before=1", "unknown_parameter"),
        ("?limit=1&limit=2", "repeated_parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(alice, query, code):
    refused(alice.get(f"/api/events/{query}"), 400, code)


def test_nothing_is_published_outside_of_a_transaction(committed, alice):
    with pytest.raises(RuntimeError):
        publish(Happening("picture.created", {}, {alice.id}), now=timezone.now())


def test_the_log_of_a_user_goes_with_the_user(alice, bob):
    tell(alice, bob)
    assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    tell(alice)
    assert prune_events(now=timezone.now()) == 1
    assert [row["id"] for row in events(bob)["results"]] == [1]
