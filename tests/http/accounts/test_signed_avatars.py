"""A user's `avatar` works in an `<img>`, which sends no header: signed, for a while, for whoever may see the user."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from albumen.accounts.models import User
from tests import pictures
from tests.conftest import PASSWORD
from tests.http.problems import refused

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
PERIOD = timedelta(hours=6)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def put(person, **look):
    file = {"avatar": pictures.as_file(pictures.jpeg(**look))}
    return person.put("/api/profile/avatar/", file, format="multipart").json()["avatar"]


@pytest.fixture
def avatar(clock, alice):
    return put(alice)


def shown(someone, alice):
    return someone.get(f"/api/users/{alice.id}/").json()["avatar"]


def test_it_needs_no_header_wherever_a_user_is_shown(alice, bob, dana, anonymous, avatar):
    club = alice.post("/api/organizations/", {"name": "Hikers", "open": True}).json()["id"]
    alice_in = [
        anonymous.post("/api/login/", {"email": alice.email, "password": PASSWORD}).json()["user"],
        alice.get("/api/profile/").json(),
        alice.get("/users/me/").json(),
        bob.get(f"/users/{alice.id}/").json(),
        *(row for row in bob.get("/api/users/").json()["results"] if row["id"] == alice.id),
        *bob.get("/api/organizations/users/").json()["results"][0]["users"],
        dana.patch(f"/api/users/{alice.id}/", {"first_name": "Alicia"}).json(),
        alice.patch("/api/profile/", {"organizations": [club]}).json(),
    ]
    assert len(alice_in) == 8
    for user in alice_in:
        answer = anonymous.get(user["avatar"])
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
        assert anonymous.head(user["avatar"]).status_code == 200
        assert anonymous.get(user["avatar"], HTTP_IF_NONE_MATCH=answer.headers["ETag"]).status_code == 304


def test_it_stays_the_same_for_a_period_and_works_for_one_to_two(clock, alice, anonymous, avatar):
    clock.shift(PERIOD - timedelta(seconds=1))
    assert shown(alice, alice) == avatar
    clock.shift(timedelta(seconds=1))
    assert shown(alice, alice) != avatar
    clock.shift(PERIOD - timedelta(seconds=1))
    assert anonymous.get(avatar).status_code == 200
    clock.shift(timedelta(seconds=1))
    refused(anonymous.get(avatar), 403, "expired_signature")


def test_no_part_of_it_can_be_exchanged(alice, bob, anonymous, avatar):
    parts, his = avatar.split("/"), put(bob, seed=2).split("/")
    assert parts[3:5] == ["files", "avatars"]
    for place in range(5, 10):
        others = {his[place], "0", "7"} - {parts[place]}
        for other in others:
            refused(anonymous.get("/".join([*parts[:place], other, *parts[place + 1 :]])), 403, "invalid_signature")
    for mac in (parts[-1][:-1], parts[-1] + "A", parts[-1].swapcase(), "é" * 22):
        refused(anonymous.get("/".join([*parts[:-1], mac])), 403, "invalid_signature")


def test_a_picture_s_signature_is_none_for_an_avatar(alice, anonymous, avatar):
    alice.use_plan(original=True)
    *_, picture_mac = alice.upload().json()["original"].split("/")
    refused(anonymous.get("/".join([*avatar.split("/")[:-1], picture_mac])), 403, "invalid_signature")


@pytest.mark.parametrize("end", ["changed", "removed", "deleted", "deactivated", "key"])
def test_it_ends_with_the_avatar_and_with_its_user(alice, bob, dana, anonymous, avatar, end, settings):
    his, hers = shown(bob, alice), shown(dana, alice)
    if end == "changed":
        put(alice, seed=2)
    elif end == "removed":
        alice.delete("/api/profile/avatar/")
    elif end == "deleted":
        alice.delete("/api/profile/", {"password": PASSWORD})
    elif end == "deactivated":
        dana.patch(f"/api/users/{alice.id}/", {"is_active": False})
    else:
        settings.SECRET_KEY = "another key " * 4
    # Her own ends with her logins.
    refused(
        anonymous.get(avatar), *((404, "not_found") if end in ("changed", "removed") else (403, "invalid_signature"))
    )
    refused(anonymous.get(his), *((403, "invalid_signature") if end == "key" else (404, "not_found")))
    # Administrators see those who are switched off.
    assert anonymous.get(hers).status_code == (200 if end == "deactivated" else 403 if end == "key" else 404)


def test_it_ends_with_its_viewer(alice, bob, anonymous, avatar):
    his = shown(bob, alice)
    User.objects.filter(pk=bob.id).update(is_active=False)
    refused(anonymous.get(his), 404, "not_found")
    assert anonymous.get(avatar).status_code == 200
