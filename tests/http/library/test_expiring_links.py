"""Expiring links: public, for a time, for so many downloads, for as long as the owner wants (C5)."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from rest_framework.test import APIClient

from albumen.accounts.models import User
from tests import pictures
from tests.http.library.conftest import body_of, shown
from tests.http.problems import refused

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def picture(alice):
    alice.use_plan(thumbnail_heights=[100, 200], original=True, expiring_links=True)
    return alice.upload(pictures.png()).json()


@pytest.fixture
def make(alice, picture):
    """Makes a link to Alice's picture, for five minutes unless told otherwise."""

    def made(**fields):
        answer = alice.post(f"/api/pictures/{picture['id']}/links/", {"expiring_time_seconds": 300, **fields})
        assert answer.status_code == 201, answer.content
        return answer.json()

    return made


def test_a_link_tells_all_about_itself(alice, picture, make):
    link = make(height=100, max_uses=2)
    assert link | {"id": 0, "url": ""} == {
        "id": 0, "url": "", "picture": picture["id"], "height": 100, "expires_at": "2030-01-31T12:05:00Z",
        "max_uses": 2, "uses": 0, "created_at": "2030-01-31T12:00:00Z", "revoked_at": None,
    }  # fmt: skip
    assert alice.get(f"/api/links/{link['id']}/").json() == link
    assert alice.get("/api/links/").json()["results"] == [link]
    assert alice.get(f"/api/pictures/{picture['id']}/links/").json()["results"] == [link]


def test_it_gives_anybody_the_original_or_a_height(anonymous, make):
    assert shown(anonymous.get(make()["url"])).size == (400, 300)
    assert shown(anonymous.get(make(height=None)["url"])).size == (400, 300)
    assert shown(anonymous.get(make(height=100)["url"])).size == (133, 100)
    assert shown(anonymous.get(make(height=200)["url"], HTTP_ACCEPT="image/webp")).format == "WEBP"


IMPOSSIBLE = {
    "expiring_time_seconds": (299, 300_001, 0, -1, None, "soon", 300.5, [300], True),
    "max_uses": (0, -1, 2**31, 10**40, "many", 1.5, True),
    "height": (0, -1, 101, 4097, "original", 10**40),
}


@pytest.mark.parametrize("field", IMPOSSIBLE)
def test_what_cannot_be_is_refused(alice, picture, field):
    for value in IMPOSSIBLE[field]:
        body = {"expiring_time_seconds": 300} | {field: value}
        answer = alice.post(f"/api/pictures/{picture['id']}/links/", body)
        assert answer.status_code == 400, answer.content
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"
    assert alice.get("/api/links/").json()["results"] == []


def test_a_link_needs_a_time_and_a_plan_that_has_links(alice, bob, picture):
    refused(alice.post(f"/api/pictures/{picture['id']}/links/", {}), 400, "required", "/expiring_time_seconds")
    for rights, height, code in (
        ({"original": True}, None, "plan_lacks_expiring_links"),
        ({"original": False, "expiring_links": True, "name": "Two"}, None, "plan_lacks_original"),
    ):
        bob.use_plan(**rights)
        his = f"/api/pictures/{bob.upload().json()['id']}/links/"
        refused(bob.post(his, {"expiring_time_seconds": 300, "height": height}), 403, code)
    assert bob.post(his, {"expiring_time_seconds": 300, "height": 200}).status_code == 201


def test_every_whole_download_counts_and_head_does_not(alice, anonymous, make):
    link = make(max_uses=3)
    for _ in range(5):
        assert anonymous.head(link["url"]).status_code == 200
    for used in range(1, 4):
        assert anonymous.get(link["url"]).status_code == 200
        assert alice.get(f"/api/links/{link['id']}/").json()["uses"] == used
    refused(anonymous.get(link["url"]), 410, "link_used_up")
    assert anonymous.head(link["url"]).status_code == 410
    assert alice.get(f"/api/links/{link['id']}/").json()["uses"] == 3


def test_a_counted_link_gives_no_parts_and_is_not_kept_anywhere(alice, anonymous, make):
    link = make(max_uses=2)
    answer = anonymous.get(link["url"], HTTP_RANGE="bytes=0-9", HTTP_IF_NONE_MATCH="*")
    assert (answer.status_code, len(body_of(answer))) == (200, int(answer.headers["Content-Length"]))
    assert not {"ETag", "Accept-Ranges", "Content-Range"} & set(answer.headers)
    assert "no-store" in answer.headers["Cache-Control"]
    assert alice.get(f"/api/links/{link['id']}/").json()["uses"] == 1


def test_an_unlimited_link_counts_what_it_gave(alice, anonymous, make):
    link = make()
    etag = anonymous.get(link["url"]).headers["ETag"]
    assert anonymous.get(link["url"], HTTP_RANGE="bytes=0-9").status_code == 206
    assert anonymous.get(link["url"], HTTP_RANGE="bytes=99999999-").status_code == 416
    assert anonymous.get(link["url"], HTTP_IF_NONE_MATCH=etag).status_code == 304
    assert anonymous.get(link["url"], HTTP_IF_MATCH='"other"').status_code == 412
    assert alice.get(f"/api/links/{link['id']}/").json()["uses"] == 2


def uses_of(alice, link):
    return alice.get(f"/api/links/{link['id']}/").json()["uses"]


def test_a_download_in_parts_is_one_use(alice, anonymous, make):
    link = make()
    size = int(anonymous.head(link["url"]).headers["Content-Length"])
    edges = [size * part // 9 for part in range(10)]
    for first, end in pairwise(edges):
        assert anonymous.get(link["url"], HTTP_RANGE=f"bytes={first}-{end - 1}").status_code == 206
    assert uses_of(alice, link) == 1
    # Taking it up again, and looking at its end.
    for span in (f"bytes={size // 2}-", "bytes=-10"):
        assert anonymous.get(link["url"], HTTP_RANGE=span).status_code == 206
    assert uses_of(alice, link) == 1
    for span in ("bytes=0-", f"bytes=-{size * 2}"):
        assert anonymous.get(link["url"], HTTP_RANGE=span).status_code == 206
    assert uses_of(alice, link) == 3


BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8"}
SEEN = [
    BROWSER,
    {"HTTP_USER_AGENT": "WhatsApp/2.23.20.0", "HTTP_ACCEPT": "*/*"},
    {"HTTP_USER_AGENT": "TelegramBot (like TwitterBot)"},
    {"HTTP_USER_AGENT": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
    {"HTTP_USER_AGENT": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
]


@pytest.mark.parametrize("seen", SEEN)
def test_looking_at_a_counted_link_uses_up_nothing(alice, anonymous, make, seen):
    link = make(max_uses=1)
    for look in (anonymous.get, anonymous.head) * 2:
        answer = look(link["url"], **seen, HTTP_RANGE="bytes=0-9")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert uses_of(alice, link) == 0
    assert shown(anonymous.get(link["url"])).size == (400, 300)
    assert uses_of(alice, link) == 1
    assert anonymous.get(link["url"], **seen).status_code == 410


def test_the_page_has_the_placeholder_and_nothing_else_of_the_picture(anonymous, make, picture):
    page = anonymous.get(make(max_uses=1)["url"], **BROWSER).content.decode()
    assert re.findall(r'(?:src|href)="(data:[^"]+)"', page) == [picture["placeholder"]]
    assert 'method="post"' in page
    assert "photo" not in page
    assert not re.search(r"<script|https?://", page)


@pytest.mark.parametrize("button", ["", "?save"])
def test_the_button_gives_the_picture_once(alice, anonymous, make, button):
    link = make(max_uses=1)
    page = anonymous.get(link["url"], **BROWSER)
    assert ("formaction" in page.content.decode()) or not button
    browser = APIClient(enforce_csrf_checks=True)
    answer = browser.post(f"{link['url']}{button}", data={}, format="multipart", **BROWSER)
    assert shown(answer).size == (400, 300)
    assert answer.headers["Content-Disposition"].startswith("attachment" if button else "inline")
    assert uses_of(alice, link) == 1
    for again in (browser.post, browser.get):
        answer = again(link["url"], **BROWSER)
        assert answer.status_code == 410
        assert "This link has ended" in answer.content.decode()
    refused(anonymous.get(link["url"]), 410, "link_used_up")


def test_pictures_and_programs_get_the_bytes_as_ever(anonymous, make):
    link = make(max_uses=3)
    for accept in ("image/avif,image/webp,image/*,*/*;q=0.8", "*/*", "application/json"):
        assert shown(anonymous.get(link["url"], HTTP_ACCEPT=accept, HTTP_USER_AGENT="Mozilla/5.0")).size == (400, 300)


def test_a_link_without_a_limit_opens_as_the_picture(anonymous, make):
    assert shown(anonymous.get(make()["url"], **BROWSER)).size == (400, 300)


def test_it_ends_with_its_time(clock, anonymous, make):
    link = make()
    clock.shift(timedelta(seconds=299))
    assert anonymous.get(link["url"]).status_code == 200
    clock.shift(timedelta(seconds=1))
    refused(anonymous.get(link["url"]), 410, "link_expired")
    assert anonymous.head(link["url"]).status_code == 410


def test_it_ends_when_it_is_revoked(clock, alice, anonymous, make):
    link, other = make(), make()
    assert alice.delete(f"/api/links/{link['id']}/").status_code == 204
    refused(anonymous.get(link["url"]), 410, "link_revoked")
    clock.shift(timedelta(seconds=10))
    assert alice.delete(f"/api/links/{link['id']}/").status_code == 204
    assert alice.get(f"/api/links/{link['id']}/").json()["revoked_at"] == "2030-01-31T12:00:00Z"
    assert anonymous.get(other["url"]).status_code == 200


def test_it_ends_while_its_owner_is_deactivated(alice, anonymous, make):
    link = make()
    User.objects.filter(pk=alice.id).update(is_active=False)
    refused(anonymous.get(link["url"]), 410, "link_revoked")


def test_a_token_that_nobody_made_leads_nowhere(anonymous, make):
    make()
    long = ("1" * 300, "9" * 18 + "-x", "1-" + "A" * 5000)
    for token in ("x", "1", "1-", "-", "0-AAAAAAAAAAAAAAAAAAAAAA", "\u0663-x", "\u00e9", "%2e%2e", "1-%FF", *long):
        refused(anonymous.get(f"/links/{token}/"), 404, "not_found")
        assert anonymous.head(f"/links/{token}").status_code == 404


def test_a_token_cannot_be_bent_to_another_link(anonymous, make):
    first, second = make()["url"].split("/")[-2], make()["url"].split("/")[-2]
    number, mac = second.split("-", 1)
    for forged in (
        f"{number}-{first.split('-', 1)[1]}",
        f"{int(number) + 1}-{mac}",
        f"{number}-{mac[:-1]}",
        f"{number}-{mac}A",
    ):
        refused(anonymous.get(f"/links/{forged}/"), 404, "not_found")
    assert len(mac) >= 22
    assert anonymous.get(f"/links/{second}/").status_code == 200


def test_only_the_owner_and_administrators_reach_it(alice, charlie, dana, anonymous, picture, make):
    link = make()
    own, of_picture = f"/api/links/{link['id']}/", f"/api/pictures/{picture['id']}/links/"
    for call in (charlie.get, charlie.delete):
        refused(call(own), 404, "not_found")
    refused(charlie.get(of_picture), 404, "not_found")
    refused(charlie.post(of_picture, {"expiring_time_seconds": 300}), 404, "not_found")
    for path in (own, of_picture, "/api/links/"):
        refused(anonymous.get(path), 401, "not_authenticated")
    assert charlie.get("/api/links/").json()["results"] == []
    assert dana.get(own).json() == link
    assert dana.delete(own).status_code == 204


def test_the_list_can_be_narrowed_and_ordered(alice, charlie, picture, make):
    long, short = make(expiring_time_seconds=900)["id"], make()["id"]
    other = alice.upload().json()["id"]
    third = alice.post(f"/api/pictures/{other}/links/", {"expiring_time_seconds": 600}).json()["id"]

    def listed(query: str, person=alice) -> list[int]:
        return [link["id"] for link in person.get(f"/api/links/?{query}").json()["results"]]

    assert listed(f"picture={picture['id']}&ordering=expires_at") == [short, long]
    assert listed("ordering=-expires_at") == [long, third, short]
    assert listed(f"picture={picture['id']}", charlie) == []
    for query in ("picture=x", "picture=", "picture=0", "picture=" + "9" * 30, "ordering=uses", "colour=red"):
        assert alice.get(f"/api/links/?{query}").status_code == 400
    assert alice.get(f"/api/pictures/{picture['id']}/links/?picture=1").status_code == 400


def test_what_was_revoked_or_has_ended_stays_in_the_list(clock, alice, make):
    link = make(max_uses=1)
    alice.delete(f"/api/links/{link['id']}/")
    clock.shift(timedelta(days=2))
    assert [item["id"] for item in alice.get("/api/links/").json()["results"]] == [link["id"]]
