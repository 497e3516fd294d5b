"""Lists of albums and of an album's pictures: filters, orderings, search, and how many queries they take."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from albumen.library.models import Album, Picture
from tests.http.conftest import DAY, Studio, ids, new_album, put_in, rows_of
from tests.http.problems import refused


@pytest.fixture
def several(alice, bob, charlie, studio):
    """Alice's albums and what others show her, or not."""
    shared = {"organization": studio.id, "visibility": "organization"}
    found = {
        "mine": new_album(alice, name="mine"),
        "public": new_album(alice, name="public", visibility="public"),
        "shared": new_album(alice, name="shared", **shared),
        "bobs": new_album(bob, name="bobs", **shared),
        "bobs public": new_album(bob, name="bobs public", visibility="public", organization=studio.id),
        "withheld": new_album(bob, name="withheld", organization=studio.id),
        "elsewhere": new_album(bob, name="elsewhere", visibility="public"),
        "charlies": new_album(charlie, name="charlies", visibility="public"),
    }
    for number, album in enumerate(found.values()):
        Album.objects.filter(pk=album).update(created_at=DAY + timedelta(days=number))
    return found


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [album["name"] for album in answer.json()["results"]]


def test_the_list_has_ones_own_albums_and_those_of_ones_organizations(alice, bob, charlie, several):
    assert names(alice.get("/api/albums/")) == ["bobs public", "bobs", "shared", "public", "mine"]
    assert names(bob.get("/api/albums/")) == ["elsewhere", "withheld", "bobs public", "bobs", "shared"]
    assert names(charlie.get("/api/albums/")) == ["charlies"]


def test_every_filter_of_albums_narrows(alice, bob, charlie, studio, several):
    def found(**params) -> set[str]:
        return set(names(alice.get("/api/albums/", params)))

    everything = {"mine", "public", "shared", "bobs", "bobs public"}
    assert found(owner="me") == found(owner=alice.id) == {"mine", "public", "shared"}
    assert found(owner=bob.id) == {"bobs", "bobs public"}
    assert found(owner=charlie.id) == set()
    assert found(organization=studio.id) == {"shared", "bobs", "bobs public"}
    assert found(organization=2**40) == set()
    assert found(visibility="public") == {"public", "bobs public"}
    assert found(visibility="private", owner="me") == {"mine"}
    assert found(created_after=(DAY + timedelta(days=1)).isoformat()) == everything - {"mine", "public"}
    assert found(created_before=(DAY + timedelta(days=1)).isoformat()) == {"mine"}
    assert found(search="BOB public") == {"bobs public"}
    assert found(search="") == everything


def test_every_ordering_of_albums_works_both_ways(alice):
    many = rows_of(alice, 3)
    for number, name in enumerate(("b", "c", "a")):
        album = new_album(alice, name=name)
        put_in(alice, album, *many[: (2, 1, 3)[number]])
    for field in ("id", "name", "created_at", "updated_at", "picture_count"):
        rows = alice.get(f"/api/albums/?ordering={field}").json()["results"]
        values = [row[field] for row in rows]
        assert values == sorted(values)
        assert len(set(values)) == 3
        assert names(alice.get(f"/api/albums/?ordering=-{field}")) == [row["name"] for row in reversed(rows)]
    assert names(alice.get("/api/albums/")) == ["a", "c", "b"]


SEARCHES = [
    *(("Ёлка", "ЕЛКА"), ("Ёлка", "ёлка"), ("ЕЛКА", "Ёл"), ("élan", "ELAN"), ("ELAN", "e\u0301lan")),
    *(("Straße", "STRASSE"), ("İstanbul", "istanbul"), ("Ångström", "angstrom"), ("100% sure_x", "% sure_")),
    *(("ﬁne №", "FINE no"), ("Ὀδυσσεύς", "ΟΔΥΣΣΕΥΣ")),
]


@pytest.mark.parametrize(("name", "text"), SEARCHES)
def test_search_regards_neither_case_nor_accents_in_albums_and_pictures(alice, name, text):
    album, other = new_album(alice, name=f"My {name}!"), new_album(alice, name="Other")
    assert ids(alice.get("/api/albums/", {"search": text})) == [album]
    assert ids(alice.get("/api/albums/", {"search": f"{text} nowhere"})) == []
    picture, _ = alice.upload(name=f"{name}.jpg").json()["id"], alice.upload(name="Other.jpg")
    put_in(alice, other, picture)
    assert ids(alice.get("/api/pictures/", {"search": text})) == [picture]
    assert ids(alice.get(f"/api/albums/{other}/pictures/", {"search": text})) == [picture]
    assert ids(alice.get(f"/api/albums/{other}/pictures/", {"search": "other"})) == []


def test_search_finds_the_new_name_alone(alice):
    album, picture = new_album(alice, name="Ёлка"), alice.upload(name="Ёлка").json()["id"]
    alice.patch(f"/api/albums/{album}/", {"name": "Été"})
    alice.patch(f"/api/pictures/{picture}/", {"name": "Été"})
    for path, expected in (("/api/albums/", album), ("/api/pictures/", picture)):
        assert ids(alice.get(path, {"search": "елка"})) == []
        assert ids(alice.get(path, {"search": "ETE"})) == [expected]


@pytest.fixture
def varied(alice, bob, studio) -> tuple[int, list[int]]:
    """An album with pictures of all kinds; the last is Bob's."""
    album = new_album(alice, organization=studio.id, visibility="organization")
    kinds = {
        "name": lambda number: "dacb"[number % 4],
        "source": lambda number: ("upload", "link")[number % 2],
        "format": lambda number: ("jpeg", "png", "gif", "webp")[number % 4],
        "width": lambda number: 100 * (number + 1),
        "height": lambda number: 900 - 100 * number,
        "bytes": lambda number: 10 + number * 7 % 4,
        "created_at": lambda number: DAY + timedelta(days=number),
        "updated_at": lambda number: DAY + timedelta(days=9 - number),
        "taken_at": lambda number: None if number == 1 else DAY - timedelta(days=number),
    }
    rows = rows_of(alice, 4, **kinds)
    put_in(alice, album, *rows)
    (his,) = rows_of(bob, 1, **{name: value(4) for name, value in kinds.items()}, sha256="b" * 64)
    put_in(bob, album, his)
    return album, [*rows, his]


def test_every_filter_of_an_albums_pictures_narrows(alice, bob, anonymous, varied):
    album, rows = varied
    day = {number: (DAY + timedelta(days=number)).isoformat() for number in range(-4, 5)}
    expected = [
        ({"owner": "me"}, [0, 1, 2, 3]),
        ({"owner": bob.id}, [4]),
        ({"source": "link"}, [1, 3]),
        ({"format": "png"}, [1]),
        ({"sha256": "b" * 64}, [4]),
        ({"created_after": day[2]}, [3, 4]),
        ({"created_before": day[2]}, [0, 1]),
        ({"taken_after": day[-3]}, [0, 2]),
        ({"taken_before": day[-2]}, [3, 4]),
        ({"min_width": 300}, [2, 3, 4]),
        ({"min_height": 800}, [0, 1]),
        ({"search": "D"}, [0, 4]),
        ({"search": "d", "source": "upload", "min_width": 200}, [4]),
    ]
    for params, numbers in expected:
        wanted = [rows[number] for number in numbers]
        assert ids(alice.get(f"/api/albums/{album}/pictures/", params)) == wanted, params
        if "owner" not in params:
            answer = alice.get("/api/pictures/", {**params, "album": album, "ordering": "id"})
            assert ids(answer) == wanted, params


def test_every_ordering_of_an_albums_pictures_works_both_ways(alice, varied):
    album, rows = varied
    path = f"/api/albums/{album}/pictures/"
    for field in ("id", "name", "created_at", "updated_at", "bytes", "width", "height"):
        found = alice.get(f"{path}?ordering={field}").json()["results"]
        # Of linked pictures some of it is unknown.
        keys = [(row[field], row["id"]) for row in found if row[field] is not None]
        assert keys == sorted(keys), field
        assert ids(alice.get(f"{path}?ordering=-{field}")) == [row["id"] for row in reversed(found)]
    assert ids(alice.get(f"{path}?ordering=taken_at")) == [rows[number] for number in (4, 3, 2, 0, 1)]
    assert ids(alice.get(f"{path}?ordering=-taken_at")) == [rows[number] for number in (1, 0, 2, 3, 4)]
    assert ids(alice.get(path)) == ids(alice.get(f"{path}?ordering=position")) == rows


def test_the_album_filter_lists_pictures_in_the_albums_order(alice, varied):
    album, rows = varied
    assert ids(alice.get(f"/api/pictures/?album={album}")) == ids(alice.get(f"/api/albums/{album}/pictures/"))
    assert ids(alice.get(f"/api/pictures/?album={album}&ordering=-created_at")) == rows[::-1]
    assert ids(alice.get(f"/api/pictures/?album={album}&scope=own&ordering=-created_at")) == rows[3::-1]
    assert ids(alice.get(f"/api/pictures/?album={2**40}")) == []


REFUSED = {
    "/api/albums/": {
        *("colour=red", "owner=you", "owner=0", "organization=me", "organization=", "visibility=secret"),
        *("created_after=yesterday", "ordering=cover", "ordering=position", "page_size=0", "cursor=x", "name=a"),
        *("owner=1&owner=2", f"search={'x' * 201}", f"owner={2**63}", "pictures=delete"),
    },
    "/api/albums/{album}/pictures/": {
        *("album=1", "scope=all", "ordering=cover", "format=bmp", "source=mail", "min_width=-1", "min_height=x"),
        *("sha256=abc", "taken_before=x", "owner=you", "visibility=public", "page_size=201", "cursor="),
    },
    "/api/pictures/": {"album=x", "album=0", "ordering=position", "taken_after=x", "format=JPEG", "organization=1"},
}


@pytest.mark.parametrize("path", REFUSED)
def test_unknown_filters_and_values_are_refused(alice, path):
    where = path.format(album=new_album(alice))
    for query in REFUSED[path]:
        answer = alice.get(f"{where}?{query}")
        assert answer.status_code == 400, (query, answer.content)
        pointers = [error["pointer"] for error in answer.json()["errors"]]
        assert pointers == [f"/{query.split('=')[0]}"], query


def queries_of(person, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert ids(person.get(path))
    return len(queries)


def test_lists_take_as_many_queries_for_sixty_rows_as_for_one(alice, studio):
    shared = {"organization": studio.id, "visibility": "organization"}
    album = new_album(alice, **shared)
    put_in(alice, album, *rows_of(alice, 1))
    paths = {
        "/api/albums/": 2,
        f"/api/albums/{album}/pictures/": 4,
        "/api/pictures/": 3,
        f"/api/pictures/?album={album}&search=photo&ordering=name": 4,
        f"/api/pictures/?owner={alice.id}": 3,
    }
    assert {path: queries_of(alice, f"{path}{'&' if '?' in path else '?'}page_size=60") for path in paths} == paths
    for number in range(59):
        put_in(alice, new_album(alice, name=f"{number}", **shared), *rows_of(alice, 1))
    put_in(alice, album, *Picture.objects.exclude(entries__album=album).values_list("pk", flat=True))
    for path, count in paths.items():
        answer = alice.get(f"{path}{'&' if '?' in path else '?'}page_size=60")
        assert len(ids(answer)) == 60, path
        assert queries_of(alice, f"{path}{'&' if '?' in path else '?'}page_size=60") == count, path


def test_an_album_takes_as_few_queries_alone(alice, django_assert_num_queries):
    album = new_album(alice)
    put_in(alice, album, *rows_of(alice, 60))
    with django_assert_num_queries(2):
        assert alice.get(f"/api/albums/{album}/").json()["picture_count"] == 60


def test_albums_that_one_reaches_twice_are_listed_once(alice, bob, studio):
    other = Studio(bob, "Other")
    other.add(alice, "viewer")
    album = new_album(alice, organization=studio.id, visibility="organization")
    assert ids(alice.get("/api/albums/")) == [album]
    picture, second = alice.upload(album=album).json()["id"], new_album(alice, visibility="public")
    put_in(alice, second, picture)
    for path in ("/api/pictures/", f"/api/pictures/?owner={alice.id}"):
        assert ids(alice.get(path)) == ids(bob.get(f"/api/pictures/?owner={alice.id}")) == [picture]


def test_a_list_of_times_is_narrowed_in_any_zone(alice):
    album = new_album(alice)
    Album.objects.filter(pk=album).update(created_at=datetime(2024, 5, 6, 12, tzinfo=UTC))
    assert ids(alice.get("/api/albums/", {"created_after": "2024-05-06T13:59:59+02:00"})) == [album]
    assert ids(alice.get("/api/albums/", {"created_after": "2024-05-06T14:00:01+02:00"})) == []
    refused(alice.get("/api/albums/", {"created_after": "2024-13-01T00:00:00Z"}), 400, "invalid", "/created_after")
