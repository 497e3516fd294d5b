"""Lists of organizations and members: order, search, filters, pages, and words that are not known."""

import pytest

from tests.http.problems import refused

NAMES = ["Ёлка", "Élan", "STRASSE", "hikers", "Hikers"]


@pytest.fixture
def clubs(alice, found):
    return [found(alice, name, open=name == "hikers") for name in NAMES]


@pytest.mark.parametrize("path", ["/api/organizations/", "/api/organizations/users/"])
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=ЕЛКА", ["Ёлка"]),
        ("search=ёл", ["Ёлка"]),
        ("search=elan", ["Élan"]),
        ("search=ÉLAN", ["Élan"]),
        ("search=straße", ["STRASSE"]),
        ("search=HIK ers", ["hikers", "Hikers"]),
        ("search=%25", []),
        ("search=_", []),
        ("search=", NAMES),
        ("open=true", ["hikers"]),
        ("open=false", ["Ёлка", "Élan", "STRASSE", "Hikers"]),
        ("open=true&search=élan", []),
        ("member=me", NAMES),
        ("ordering=-id", NAMES[::-1]),
        ("ordering=name", ["Élan", "hikers", "Hikers", "STRASSE", "Ёлка"]),
        ("ordering=-name", ["Ёлка", "STRASSE", "Hikers", "hikers", "Élan"]),
        ("ordering=created_at", NAMES),
        ("ordering=-created_at", NAMES[::-1]),
    ],
)
def test_a_list_is_searched_narrowed_and_ordered(alice, clubs, path, query, names):
    assert [row["name"] for row in alice.get(f"{path}?{query}").json()["results"]] == names


def test_a_new_name_is_found_and_the_old_is_not(alice, club):
    alice.patch(club.path, {"name": "Läufer"})
    assert len(alice.get("/api/organizations/?search=laufer").json()["results"]) == 1
    assert alice.get("/api/organizations/?search=hikers").json()["results"] == []


def test_members_alone_have_them_as_theirs(bob, charlie, clubs, club):
    assert [row["name"] for row in bob.get("/api/organizations/?member=me").json()["results"]] == ["Hikers"]
    assert charlie.get("/api/organizations/?member=me").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("colour=red", "unknown_parameter", "/colour"),
        ("member=1", "invalid_choice", "/member"),
        ("member=", "invalid_choice", "/member"),
        ("open=", "invalid", "/open"),
        ("open=null", "invalid", "/open"),
        ("open=perhaps", "invalid", "/open"),
        ("ordering=description", "unknown_ordering", "/ordering"),
        ("ordering=search_key", "unknown_ordering", "/ordering"),
        ("page_size=0", "invalid", "/page_size"),
        ("page_size=201", "invalid", "/page_size"),
        ("search=a&search=b", "repeated_parameter", "/search"),
        ("search=" + "x" * 201, "max_length", "/search"),
        ("cursor=x", "invalid_cursor", "/cursor"),
    ],
)
def test_an_unknown_word_is_refused(alice, query, code, pointer):
    for path in ("/api/organizations/", "/api/organizations/users/"):
        refused(alice.get(f"{path}?{query}"), 400, code, pointer)


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("colour=red", "unknown_parameter", "/colour"),
        ("role=boss", "invalid_choice", "/role"),
        ("role=", "invalid_choice", "/role"),
        ("ordering=role", "unknown_ordering", "/ordering"),
    ],
)
def test_an_unknown_word_about_members_is_refused(alice, club, query, code, pointer):
    refused(alice.get(f"{club.members}?{query}"), 400, code, pointer)


def test_members_are_searched_narrowed_and_ordered(alice, club, person):
    club.add(person("zoe", first_name="Zoë"), "editor")

    def names(query):
        return [row["name"] for row in alice.get(f"{club.members}?{query}").json()["results"]]

    assert names("search=ZOE") == ["Zoë"]
    assert names("role=owner") == ["Alice"]
    assert names("role=viewer&search=zoe") == []
    assert names("ordering=-joined_at") == names("ordering=-id") == ["Zoë", "Bob", "Alice"]


def pages(client, url, towards):
    while url:
        page = client.get(url).json()
        yield [row["id"] for row in page["results"]]
        url = page[towards]


@pytest.mark.parametrize("path", ["/api/organizations/", "/api/organizations/users/"])
@pytest.mark.parametrize("ordering", ["id", "-id", "name", "-name", "created_at", "-created_at"])
def test_none_is_lost_or_seen_twice_either_way(alice, path, ordering):
    from albumen.organizations.models import Organization

    Organization.objects.bulk_create(Organization(name=str(n % 3)) for n in range(25))
    url = f"{path}?ordering={ordering}&page_size=10"
    forth = list(pages(alice, url, "next"))
    assert [len(page) for page in forth] == [10, 10, 5]
    assert len({row for page in forth for row in page}) == 25
    while url:
        last, url = url, alice.get(url).json()["next"]
    assert list(pages(alice, last, "previous")) == forth[::-1]


def test_pages_of_members_go_on_and_belong_to_one_organization(alice, club, found):
    other = found(alice, "Others")
    first = alice.get(f"{club.members}?page_size=1").json()
    second = alice.get(first["next"]).json()
    assert [row["name"] for page in (first, second) for row in page["results"]] == ["Alice", "Bob"]
    assert (first["previous"], second["next"]) == (None, None)
    assert alice.get(second["previous"]).json() == first
    cursor = first["next"].partition("cursor=")[2].partition("&")[0]
    refused(alice.get(f"{other.members}?page_size=1&cursor={cursor}"), 400, "invalid_cursor", "/cursor")
