"""Each user's numbered log, read over HTTP."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from albumen.events.services import NewEvent, prune_events, publish
from tests.http.problems import refused

# SQLite lets one write at a time anyway, and its databases in memory refuse the second instead of making it wait.
at_once = pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a database with writers at once")


def tell(*people, kind="picture.created", ago=timedelta(0), **data):
    with transaction.atomic():
        publish(NewEvent(kind, data, {person.id for person in people}), now=timezone.now() - ago)


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
        publish(NewEvent("a", {}, here), NewEvent("b", {}, both), NewEvent("c", {}, []), now=timezone.now())
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
        publish(NewEvent("picture.created", {}, {alice.id}), now=timezone.now())
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
        publish(NewEvent("picture.created", {}, {alice.id}), now=timezone.now())


@at_once
@pytest.mark.parametrize("kept", [True, False])
def test_who_writes_later_waits_for_who_wrote_first(committed, alice, bob, kept):
    """Numbers are in the order of the commits, and have no gap where one was taken back."""
    wrote, decided, done = threading.Event(), threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            publish(NewEvent("first", {}, [alice.id, bob.id]), now=timezone.now())
            wrote.set()
            decided.wait(30)
            transaction.set_rollback(not kept)
        connection.close()

    def second():
        with transaction.atomic():
            publish(NewEvent("second", {}, [bob.id, alice.id]), now=timezone.now())
        done.set()
        connection.close()

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first)
        assert wrote.wait(30)
        other = threads.submit(second)
        assert not done.wait(0.5)
        decided.set()
        one.result()
        other.result()
    expected = [(1, "first"), (2, "second")] if kept else [(1, "second")]
    for person in (alice, bob):
        assert [(row["id"], row["type"]) for row in events(person)["results"]] == expected


@at_once
def test_many_writers_to_many_receivers_never_wait_in_a_circle(committed, alice, bob, charlie):
    recipients = [alice.id, bob.id, charlie.id]

    def write(seed):
        chance = random.Random(seed)
        for _ in range(8):
            some = chance.sample(recipients, chance.randint(1, 3))
            with transaction.atomic():
                publish(*(NewEvent("x", {"seed": seed}, [one]) for one in some), now=timezone.now())
        connection.close()

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(write, seed) for seed in range(6)]:
            done.result()
    for person in (alice, bob, charlie):
        log = events(person)
        assert [row["id"] for row in log["results"]] == list(range(1, log["last"] + 1))
        assert log["last"] > 6


def test_the_log_of_a_user_goes_with_the_user(alice, bob):
    tell(alice, bob)
    assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    tell(alice)
    assert prune_events(now=timezone.now()) == 1
    assert [row["id"] for row in events(bob)["results"]] == [1]
