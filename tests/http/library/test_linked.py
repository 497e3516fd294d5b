"""Linked pictures: only the address is kept, and it is checked each time that it changes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import pictures
from tests.http.problems import refused
from tests.remote.conftest import Asked, Site, answer, picture


@pytest.fixture
def site(settings: Any) -> Iterator[Callable[..., str]]:
    """Starts a server of somebody else's that may be linked; answers its address."""
    sites: list[Site] = []

    def start(reply: Callable[[Asked], Any] | None = None) -> str:
        sites.append(Site(reply or picture(pictures.jpeg()), None))
        settings.REMOTE_ALLOW = [*settings.REMOTE_ALLOW, f"127.0.0.1:{sites[-1].port}"]
        return f"http://127.0.0.1:{sites[-1].port}/holiday/Beach%20day.jpg"

    yield start
    for one in sites:
        one.stop()


def test_a_linked_picture_is_its_address_and_no_more(alice, site):
    address = site()
    made = alice.post("/api/pictures/", {"image_url": address, "description": "sunny"})
    assert made.status_code == 201, made.content
    shape = made.json()
    assert (shape["source"], shape["image_url"], shape["format"]) == ("link", address, "jpeg")
    assert (shape["name"], shape["description"]) == ("Beach day.jpg", "sunny")
    assert shape["thumbnails"] == []
    assert [shape[name] for name in ("original", "width", "height", "bytes", "sha256")] == [None] * 5
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 1}


def test_it_stands_in_lists_and_albums_like_any_other(alice, site):
    album = alice.post("/api/albums/", {"name": "Links"}).json()["id"]
    made = alice.post(f"/api/albums/{album}/pictures/", {"image_url": site(), "name": "Sea"}).json()
    assert made["albums"] == [album]
    alice.upload()
    assert [one["name"] for one in alice.get("/api/pictures/?source=link").json()["results"]] == ["Sea"]
    assert alice.get(f"/api/albums/{album}/").json()["cover"] == made["id"]


def test_its_address_can_be_changed_and_is_checked_again(alice, site):
    made = alice.post("/api/pictures/", {"image_url": site()}).json()
    other = site(picture(pictures.png(), "image/png"))
    changed = alice.patch(f"/api/pictures/{made['id']}/", {"image_url": other, "name": "Other"}).json()
    assert (changed["image_url"], changed["format"], changed["name"]) == (other, "png", "Other")
    text = site(lambda asked: answer(b"<html>", Content_Type="text/html", head=asked.method == "HEAD"))
    refused(alice.patch(f"/api/pictures/{made['id']}/", {"image_url": text}), 400, "url_not_an_image", "/image_url")
    assert alice.get(f"/api/pictures/{made['id']}/").json()["image_url"] == other


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://127.0.0.1/x.jpg", "url_unreachable"),
        ("http://169.254.169.254/latest/meta-data/", "url_unreachable"),
        ("http://[::1]/x.jpg", "url_unreachable"),
        ("http://10.0.0.1/x.jpg", "url_unreachable"),
        ("http://localhost:8000/x.jpg", "url_not_allowed"),
        ("file:///etc/passwd", "url_not_allowed"),
        ("http://user:secret@example.com/x.jpg", "url_not_allowed"),
        ("no address", "url_not_allowed"),
    ],
)
def test_what_is_not_public_is_refused_and_leaves_nothing(alice, address, code):
    refused(alice.post("/api/pictures/", {"image_url": address}), 400, code, "/image_url")
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 0


def test_a_picture_or_an_address_and_not_both(alice, site):
    address = site()
    refused(alice.post("/api/pictures/", {"name": "nothing"}), 400, "required", "/image")
    body = {"image_url": address, "expiring_time_seconds": 300}
    refused(alice.post("/api/pictures/", body), 400, "conflicting", "/image_url")


def test_there_are_no_bytes_to_hand_out(alice, site):
    alice.use_plan(original=True, expiring_links=True)
    made = alice.post("/api/pictures/", {"image_url": site()}).json()
    refused(alice.post(f"/api/pictures/{made['id']}/links/", {"expiring_time_seconds": 300}), 400, "only_linked")
    uploaded = alice.upload().json()
    refused(alice.patch(f"/api/pictures/{uploaded['id']}/", {"image_url": site()}), 400, "not_linked", "/image_url")


def test_an_administrator_changes_anybodys_address(alice, charlie, dana, site):
    made = alice.post(f"/users/{alice.id}/images/", {"image_url": site()}).json()
    other = site(picture(pictures.png(), "image/png"))
    own = f"/users/{alice.id}/images/{made['id']}/"
    assert dana.patch(own, {"image_url": other}).json()["image_url"] == other
    refused(charlie.patch(own, {"image_url": other}), 404, "not_found")


def test_the_trash_takes_it_and_gives_it_back(alice, site):
    made = alice.post("/api/pictures/", {"image_url": site()}).json()
    assert alice.delete(f"/api/pictures/{made['id']}/").status_code == 204
    assert alice.post(f"/api/pictures/{made['id']}/restore/").json()["image_url"] == made["image_url"]
    alice.delete(f"/api/pictures/{made['id']}/")
    assert alice.delete(f"/api/trash/{made['id']}/").status_code == 204
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 0
