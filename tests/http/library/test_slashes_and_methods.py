"""Every address with and without its final slash, for every method; and what a method that is not there says."""

import pytest

from tests import pictures
from tests.http.problems import refused

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ALLOWED = {
    "/api/pictures": {"GET", "HEAD", "POST", "DELETE", "OPTIONS"},
    "/api/pictures/{picture}": {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"},
    "/api/pictures/{picture}/links": {"GET", "HEAD", "POST", "OPTIONS"},
    "/api/pictures/{trashed}/restore": {"POST", "OPTIONS"},
    "/api/trash": {"GET", "HEAD", "OPTIONS"},
    "/api/trash/{trashed}": {"DELETE", "OPTIONS"},
    "/api/links": {"GET", "HEAD", "OPTIONS"},
    "/api/links/{link}": {"GET", "HEAD", "DELETE", "OPTIONS"},
    "{file}": {"GET", "HEAD", "OPTIONS"},
    "{target}": {"GET", "HEAD", "POST", "OPTIONS"},
}


CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def ask(alice):
    """A function that calls a path of `ALLOWED` for Alice, who has a picture with a link, and one in the trash. They
    are made again after a call that may have changed them."""
    alice.use_plan(original=True, expiring_links=True)
    things = {}

    def build():
        picture = alice.upload(pictures.png(40, 30), expiring_time_seconds=300).json()
        trashed = alice.upload(pictures.png(40, 30)).json()["id"]
        alice.delete(f"/api/pictures/{trashed}/")
        link = picture["expiring_link"]
        path = picture["original"].removeprefix("http://testserver").rstrip("/")
        target = link["url"].removeprefix("http://testserver").rstrip("/")
        return {"picture": picture["id"], "trashed": trashed, "link": link["id"], "file": path, "target": target}

    def call(method, path, slash, **headers):
        if not things:
            things.update(build())
        answer = alice.client.generic(method, path.format(**things) + slash, **headers)
        if method in CHANGING & ALLOWED[path]:
            things.clear()
        return answer

    return call


@pytest.mark.parametrize("path", ALLOWED)
def test_every_method_answers_alike_with_and_without_the_slash(ask, path):
    for method in METHODS:
        answers = [ask(method, path, slash) for slash in ("", "/")]
        statuses = {answer.status_code for answer in answers}
        assert len(statuses) == 1
        assert (statuses == {405}) == (method not in ALLOWED[path])
        assert not {301, 302, 307, 308, 500} & statuses
        if statuses == {405} and method != "HEAD":
            refused(answers[0], 405, "method_not_allowed")
            assert set(answers[0].headers["Allow"].split(", ")) | {"HEAD"} == ALLOWED[path] | {"HEAD"}


@pytest.mark.parametrize("path", ALLOWED)
def test_a_browser_gets_a_page_or_a_refusal_and_never_a_failure(ask, path):
    for method in METHODS:
        answer = ask(method, path, "/", HTTP_ACCEPT="text/html")
        assert answer.status_code < 500
