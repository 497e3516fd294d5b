"""The addresses of thumbnails and originals: they need no header, stay the same for a while, and cannot be bent."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from albumen.accounts.models import User
from tests.http.problems import refused

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
PERIOD = timedelta(hours=6)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def picture(clock, alice):
    alice.use_plan(thumbnail_heights=[100, 200], original=True)
    return alice.upload().json()


def addresses(picture) -> list[str]:
    return [*(thumbnail["url"] for thumbnail in picture["thumbnails"]), picture["original"]]


def test_they_work_without_any_header_and_differ_by_size(anonymous, picture):
    assert len(set(addresses(picture))) == 3
    for url in addresses(picture):
        assert anonymous.get(url).status_code == 200
        assert anonymous.head(url).status_code == 200


def test_they_stay_the_same_for_a_period_and_then_change(clock, alice, picture):
    own = f"/api/pictures/{picture['id']}/"
    clock.shift(PERIOD - timedelta(seconds=1))
    assert addresses(alice.get(own).json()) == addresses(picture)
    clock.shift(timedelta(seconds=1))
    assert not set(addresses(alice.get(own).json())) & set(addresses(picture))


def test_they_work_for_a_whole_period_and_not_for_more_than_two(clock, anonymous, picture):
    clock.shift(2 * PERIOD - timedelta(seconds=1))
    assert anonymous.get(addresses(picture)[0]).status_code == 200
    clock.shift(timedelta(seconds=1))
    for url in addresses(picture):
        refused(anonymous.get(url), 403, "expired_signature")


def test_no_part_of_them_can_be_exchanged(alice, bob, anonymous, picture):
    bob.use_plan(original=True)
    his = bob.upload().json()
    parts = addresses(picture)[0].split("/")
    assert (parts[3], anonymous.get("/".join(parts)).status_code) == ("files", 200)
    mac = parts[-1]
    others = {4: str(his["id"]), 5: "200", 6: str(bob.id), 7: str(int(parts[7]) + 21600)}
    macs = [
        mac[:-1] + ("A" if mac[-1] != "A" else "B"),
        mac[:-1],
        mac + "A",
        mac + "=",
        mac.swapcase(),
        "x",
        "é" * 22,
        "A" * 5000,
    ]
    forged = [[*parts[:place], other, *parts[place + 1 :]] for place, other in others.items()]
    forged.append([*parts[:5], "original", *parts[6:]])
    forged += [[*parts[:-1], other] for other in macs]
    for path in forged:
        refused(anonymous.get("/".join(path)), 403, "invalid_signature")
        assert anonymous.head("/".join(path)).status_code == 403


def test_an_invented_size_is_a_forgery(anonymous, picture):
    parts = addresses(picture)[0].split("/")
    for size in ("0", "-1", "abc", "9" * 400, "2.0", "ORIGINAL", "\u0662\u0660\u0660"):
        refused(anonymous.get("/".join([*parts[:5], size, *parts[6:]])), 403, "invalid_signature")


def test_an_administrator_s_address_stops_when_the_administrator_does(alice, dana, anonymous, picture):
    url = dana.get(f"/api/pictures/{picture['id']}/").json()["original"]
    assert anonymous.get(url).status_code == 200
    User.objects.filter(pk=dana.id).update(is_staff=False)
    refused(anonymous.get(url), 404, "not_found")


def test_a_deactivated_user_s_addresses_stop_and_others_work_later(dana, alice, anonymous, picture):
    assert dana.patch(f"/api/users/{alice.id}/", {"is_active": False}).status_code == 200
    for url in addresses(picture):
        refused(anonymous.get(url), 403, "invalid_signature")
    dana.patch(f"/api/users/{alice.id}/", {"is_active": True})
    refused(anonymous.get(addresses(picture)[0]), 403, "invalid_signature")
    assert alice.sign_in().status_code == 200
    fresh = alice.get(f"/api/pictures/{picture['id']}/").json()
    assert anonymous.get(addresses(fresh)[0]).status_code == 200


def test_another_installation_s_key_makes_other_addresses(settings, alice, anonymous, picture):
    assert anonymous.get(addresses(picture)[0]).status_code == 200
    settings.SECRET_KEY = "another key " * 4
    for url in addresses(picture):
        refused(anonymous.get(url), 403, "invalid_signature")
