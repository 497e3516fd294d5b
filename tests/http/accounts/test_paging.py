"""Pages of the directory, forth and back."""

import pytest

from tests.http.problems import refused


@pytest.fixture
def crowd(alice):
    """250 users of one first name."""
    from albumen.accounts.models import User

    plan = alice.get("/api/profile/").json()["plan"]
    User.objects.bulk_create(
        User(email=f"sam{n}@example.com", first_name="Sam", last_name=str(n % 7), plan_id=plan) for n in range(250)
    )


def pages(client, url, towards):
    while url:
        page = client.get(url).json()
        yield [user["id"] for user in page["results"]]
        url = page[towards]


@pytest.mark.parametrize(
    "ordering", ["first_name", "-first_name", "last_name", "-last_name", "date_joined", "id", "-id"]
)
def test_no_user_is_lost_or_seen_twice_either_way(alice, crowd, ordering):
    url = f"/api/users/?ordering={ordering}&page_size=60"
    forth = list(pages(alice, url, "next"))
    assert [len(page) for page in forth] == [60, 60, 60, 60, 11]
    assert len({user for page in forth for user in page}) == 251
    while url:
        last, url = url, alice.get(url).json()["next"]
    assert list(pages(alice, last, "previous")) == forth[::-1]


def test_the_first_page_has_none_before_and_the_last_none_after(alice, crowd):
    first = alice.get("/api/users/?search=sam&page_size=200").json()
    assert first["previous"] is None
    second = alice.get(first["next"]).json()
    assert (second["next"], len(second["results"])) == (None, 50)
    assert alice.get(second["previous"]).json() == first


def test_fifty_come_when_nothing_is_said(alice, crowd):
    assert len(alice.get("/api/users/").json()["results"]) == 50


def cursor_of(client, url):
    return client.get(url).json()["next"].partition("cursor=")[2].partition("&")[0]


def test_a_cursor_of_another_list_is_refused(alice, crowd):
    cursor = cursor_of(alice, "/api/users/?ordering=first_name&page_size=1")
    assert alice.get(f"/api/users/?ordering=first_name&cursor={cursor}").status_code == 200
    for path in (
        f"/api/users/?cursor={cursor}",
        f"/api/users/?ordering=-first_name&cursor={cursor}",
        f"/api/users/?ordering=first_name&search=sam&cursor={cursor}",
        f"/api/plans/?cursor={cursor}",
    ):
        refused(alice.get(path), 400, "invalid_cursor", "/cursor")


@pytest.mark.parametrize("cursor", ["", "x", "é", "====", "A" * 40, "A" * 5000, "W2ZhbHNlLDEsMV0"])
def test_a_made_up_cursor_is_refused(alice, cursor):
    refused(alice.get("/api/users/", {"cursor": cursor}), 400, "invalid_cursor", "/cursor")


def test_a_changed_cursor_is_refused(alice, crowd):
    cursor = cursor_of(alice, "/api/users/?page_size=1")
    for place in range(0, len(cursor), 7):
        other = "A" if cursor[place] != "A" else "B"
        changed = cursor[:place] + other + cursor[place + 1 :]
        refused(alice.get("/api/users/", {"cursor": changed}), 400, "invalid_cursor", "/cursor")
