"""One's own pictures in a list: who sees what, in what order, and what is refused."""

import time
from urllib.parse import parse_qs, urlsplit

from tests import pictures
from tests.http.problems import refused


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [picture["id"] for picture in answer.json()["results"]]


def test_everybody_lists_their_own_pictures_and_administrators_all_where_they_ask(alice, bob, dana, anonymous):
    hers, his = alice.upload().json()["id"], bob.upload().json()["id"]
    assert ids(alice.get("/api/pictures/")) == [hers]
    assert ids(alice.get("/api/pictures/?scope=own")) == [hers]
    assert ids(dana.get("/api/pictures/")) == []
    assert ids(dana.get("/api/pictures/?scope=all&ordering=id")) == [hers, his]
    refused(alice.get("/api/pictures/?scope=all"), 403, "permission_denied", "/scope")
    refused(anonymous.get("/api/pictures/"), 401, "not_authenticated")


def test_every_ordering_works_both_ways(alice):
    for width, height, quality, name in ((40, 90, 30, "b"), (90, 40, 90, "c"), (60, 60, 10, "a")):
        alice.upload(pictures.jpeg(width, height, quality=quality), name=name)
        time.sleep(0.002)
    alice.upload(pictures.with_gps(70, 70), name="d")
    for field in ("id", "name", "created_at", "updated_at", "bytes", "width", "height"):
        rows = alice.get(f"/api/pictures/?ordering={field}").json()["results"]
        values = [row[field] for row in rows]
        assert values == sorted(values)
        assert len(set(values)) == 4
        assert ids(alice.get(f"/api/pictures/?ordering=-{field}")) == [row["id"] for row in reversed(rows)]
    taken = [row["taken_at"] for row in alice.get("/api/pictures/?ordering=taken_at").json()["results"]]
    assert taken == ["2024-05-06T07:08:09Z", None, None, None]
    taken.reverse()
    assert [row["taken_at"] for row in alice.get("/api/pictures/?ordering=-taken_at").json()["results"]] == taken


def test_the_newest_comes_first_unless_asked_otherwise(alice):
    first, second = alice.upload().json()["id"], alice.upload().json()["id"]
    assert ids(alice.get("/api/pictures/")) == [second, first]


def test_search_finds_every_word_in_names(alice):
    beach = alice.upload(name="Beach 100% at night.jpg").json()["id"]
    alice.upload(name="Beach_at day.jpg")
    assert ids(alice.get("/api/pictures/?search=NIGHT+beach")) == [beach]
    assert ids(alice.get("/api/pictures/", {"search": "0%"})) == [beach]
    assert ids(alice.get("/api/pictures/", {"search": "h_a"})) != [beach]
    assert ids(alice.get("/api/pictures/", {"search": "nowhere"})) == []
    assert len(ids(alice.get("/api/pictures/", {"search": ""}))) == 2


UNKNOWN = [
        "colour=red", "ordering=owner", "ordering=--name", "ordering=-", "ordering=", "ordering=id,name",
        "scope=others", "scope=", "page_size=0", "page_size=201", "page_size=-1", "page_size=x", "page_size=",
        "page_size=\u0663", "page_size=99999999999999999999", "page_size=1&page_size=2", "page=2", "offset=1",
        "cursor=", "cursor=x", "cursor=AAAA", "cursor=\u00e9", "search=%00",
    ]  # fmt: skip


def test_what_the_list_does_not_know_is_refused(alice):
    for query in UNKNOWN:
        answer = alice.get(f"/api/pictures/?{query}")
        assert answer.status_code == 400, (query, answer.content)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_cursor_belongs_to_its_list_ordering_and_filters(alice, bob):
    for _ in range(3):
        alice.upload()
    following = alice.get("/api/pictures/?page_size=1&ordering=name").json()["next"]
    cursor = parse_qs(urlsplit(following).query)["cursor"][0]
    assert alice.get(following).status_code == 200
    assert alice.get("/api/pictures/", {"cursor": cursor, "ordering": "name", "page_size": 2}).status_code == 200
    for other in ({"ordering": "-name"}, {"ordering": "id"}, {}, {"ordering": "name", "search": "a"}):
        refused(alice.get("/api/pictures/", {"cursor": cursor, **other}), 400, "invalid_cursor", "/cursor")
    refused(alice.get("/api/trash/", {"cursor": cursor, "ordering": "name"}), 400, "invalid_cursor", "/cursor")
    broken = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    refused(alice.get("/api/pictures/", {"cursor": broken, "ordering": "name"}), 400, "invalid_cursor", "/cursor")
    assert ids(bob.get(following)) == []


def test_a_list_takes_the_same_few_queries_however_long_it_is(alice, django_assert_max_num_queries):
    for _ in range(3):
        alice.upload()
    with django_assert_max_num_queries(3):
        assert len(ids(alice.get("/api/pictures/"))) == 3
