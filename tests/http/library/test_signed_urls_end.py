"""Signed URLs end with the logins of their viewer: a URL that was stolen is worth nothing after `logout/all`."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from albumen import signed_urls
from albumen.accounts.models import User
from tests import pictures
from tests.conftest import PASSWORD
from tests.http.problems import refused

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
NEW = "another long sentence"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def picture(clock, alice):
    """A picture of Alice's in a public album, with her avatar."""
    alice.use_plan(original=True)
    file = {"avatar": pictures.as_file(pictures.jpeg())}
    assert alice.put("/api/profile/avatar/", file, format="multipart").status_code == 200
    album = alice.post("/api/albums/", {"name": "Summer", "visibility": "public"}).json()["id"]
    return alice.upload(album=album).json()


def urls(person, picture, alice):
    """The URLs of the picture and of Alice's avatar as this person gets them."""
    shown = person.get(f"/api/pictures/{picture['id']}/").json()
    avatar = person.get(f"/api/users/{alice.id}/").json()["avatar"]
    return [shown["original"], shown["thumbnails"][0]["url"], avatar]


def sign_out_everywhere(person):
    assert person.post("/api/logout/all/").status_code == 204


def change_password(person):
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert person.post("/api/profile/password/", body).status_code == 204


@pytest.mark.parametrize("end", [sign_out_everywhere, change_password])
def test_they_end_when_all_logins_do_and_nobody_else_s_do(alice, bob, anonymous, picture, end):
    hers, his = urls(alice, picture, alice), urls(bob, picture, alice)
    public = [row["url"] for row in anonymous.get(f"/api/pictures/{picture['id']}/").json()["thumbnails"]]
    end(alice)
    for url in hers:
        refused(anonymous.get(url), 403, "invalid_signature")
        refused(anonymous.get(url, HTTP_RANGE="bytes=0-9"), 403, "invalid_signature")
        refused(alice.get(url), 403, "invalid_signature")
    assert [anonymous.get(url).status_code for url in his + public] == [200] * 4
    alice.password = NEW if end is change_password else PASSWORD
    assert alice.sign_in().status_code == 200
    fresh = urls(alice, picture, alice)
    assert not set(fresh) & set(hers)
    assert [anonymous.get(url).status_code for url in fresh] == [200] * 3


def test_signing_in_again_and_signing_out_once_leave_them_as_they_are(alice, anonymous, picture):
    hers, first = urls(alice, picture, alice), alice.refresh
    alice.sign_in()
    anonymous.post("/api/logout/", {"refresh": first})
    assert urls(alice, picture, alice) == hers
    assert [anonymous.get(url).status_code for url in hers] == [200] * 3


def test_those_of_version_0_2_work_until_they_expire(alice, anonymous, picture, clock):
    expires = signed_urls.expiry(NOON)
    avatar = urls(alice, picture, alice)[2].split("/files/avatars/")[1].split("/")[1]
    old = []
    for folder, purpose, what in (
        ("", "file", f"{picture['id']}/original"),
        ("", "file", f"{picture['id']}/200"),
        ("avatars/", "avatar", f"{alice.id}/{avatar}"),
    ):
        signed = f"{what}/{alice.id}/{expires}/"
        old.append(f"/files/{folder}{signed}{signed_urls.signer(purpose)(signed)}")
    assert [anonymous.get(url).status_code for url in old] == [200] * 3
    clock.shift(timedelta(hours=12))
    for url in old:
        refused(anonymous.get(url), 403, "expired_signature")


def test_a_number_of_logins_in_the_url_is_no_signature(alice, anonymous, picture):
    url = urls(alice, picture, alice)[0]
    version = User.objects.get(pk=alice.id).token_version
    for forged in (
        url[:-1],
        f"{url}{version}",
        url.replace("/original/", "/200/"),
        url.replace(f"/{alice.id}/", "/0/"),
    ):
        assert anonymous.get(forged).status_code in (403, 404)
