"""Lists by name as people sort them: without case and accents, numbers by their value, alike on every database."""

from importlib import import_module

import pytest
from django.apps import apps

from albumen.library.models import Album, Picture
from albumen.organizations.models import Organization
from albumen.plans.models import Plan
from tests.http.conftest import ids, rows_of

IN_ORDER = [
    "2 birds",
    "10 birds",
    "apple",
    "Äpple 2",
    "APPLE 010",
    "Éclair",
    "img 3",
    "img1",
    "IMG2",
    "img10",
    "img99999999999999999999",
    "img100000000000000000000",
    "Łódź",
    "Zebra",
    "Ёлка",
    "Жук",
    "北京",
]
SHUFFLED = sorted(IN_ORDER, key=lambda name: name[::-1])


def names(person, path: str, field: str = "name") -> list[str]:
    """Follow a list to its end and back to its start, in small pages; answers the names."""
    there, url, last = [], path, ""
    while url:
        body = person.get(url).json()
        there += [row[field] for row in body["results"]]
        last, url = url, body["next"]
    back = []
    while last:
        body = person.get(last).json()
        back = [row[field] for row in body["results"]] + back
        last = body["previous"]
    assert there == back
    return there


def makers(alice, dana):
    return {
        "/api/pictures/": lambda name: rows_of(alice, 1, name=name),
        "/api/albums/": lambda name: alice.post("/api/albums/", {"name": name}),
        "/api/organizations/": lambda name: alice.post("/api/organizations/", {"name": name}),
        "/api/organizations/users/": lambda name: alice.post("/api/organizations/", {"name": name}),
        "/api/plans/": lambda name: dana.post("/api/plans/", {"name": name, "thumbnail_heights": [200]}),
    }


@pytest.mark.parametrize("path", makers(None, None))
def test_a_list_by_name_is_in_people_s_order(alice, dana, path):
    built_in = [row["name"] for row in alice.get("/api/plans/").json()["results"]] if "plans" in path else []
    make = makers(alice, dana)[path]
    for name in SHUFFLED:
        make(name)
    found = [name for name in names(alice, f"{path}?ordering=name&page_size=3") if name not in built_in]
    assert found == IN_ORDER
    found = [name for name in names(alice, f"{path}?ordering=-name&page_size=4") if name not in built_in]
    assert found == IN_ORDER[::-1]


@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_people_are_listed_by_their_names(alice, person, field):
    for number, name in enumerate(("Zoe", "édith", "Édith", "adam", "Émile")):
        someone = person(f"person{number}")
        assert someone.patch("/api/profile/", {"first_name": "", field: name}).status_code == 200
    alice.patch("/api/profile/", {"first_name": "bob", "last_name": "bob"})
    found = [name for name in names(alice, f"/api/users/?ordering={field}&page_size=2", field) if name]
    assert found == ["adam", "bob", "édith", "Édith", "Émile", "Zoe"]


def test_names_that_people_read_as_one_stay_in_the_order_of_their_ids(alice):
    made = rows_of(alice, 6, name=lambda number: ["IMG 1", "img 01", "Img 1"][number % 3])
    assert ids(alice.get("/api/pictures/?ordering=name")) == made
    assert ids(alice.get("/api/pictures/?ordering=-name")) == made[::-1]


def test_a_new_name_is_a_new_place(alice, dana):
    first, second = rows_of(alice, 2, name=lambda number: f"img{number + 1}")
    assert alice.patch(f"/api/pictures/{first}/", {"name": "IMG10"}).status_code == 200
    assert ids(alice.get("/api/pictures/?ordering=name")) == [second, first]
    for path, rows in (("/api/albums/", Album), ("/api/organizations/", Organization)):
        made = [alice.post(path, {"name": name}).json()["id"] for name in ("a2", "a3")]
        assert alice.patch(f"{path}{made[0]}/", {"name": "A10"}).status_code == 200
        assert ids(alice.get(f"{path}?ordering=name")) == made[::-1], rows
    plan = dana.post("/api/plans/", {"name": "zz", "thumbnail_heights": [200]}).json()["id"]
    dana.patch(f"/api/plans/{plan}/", {"name": "Aa"})
    assert ids(alice.get("/api/plans/?ordering=name"))[0] == plan


def test_a_cursor_of_another_column_is_refused(alice):
    rows_of(alice, 4, name=lambda number: f"img{number}")
    url = alice.get("/api/pictures/?ordering=name&page_size=2").json()["next"]
    assert alice.get(url.replace("ordering=name", "ordering=id")).json()["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    ("migration", "model"),
    [
        ("albumen.library.migrations.0008_fill_sort_keys", Picture),
        ("albumen.library.migrations.0008_fill_sort_keys", Album),
        ("albumen.organizations.migrations.0002_sort_keys", Organization),
        ("albumen.plans.migrations.0003_sort_keys", Plan),
    ],
)
def test_the_migration_fills_what_was_there_before(alice, dana, migration, model):
    for path, make in makers(alice, dana).items():
        if path != "/api/organizations/users/":
            make("Ångström 7")
    model.objects.update(name_key="")
    import_module(migration).fill(apps, None)
    keys = dict(model.objects.values_list("name", "name_key"))
    assert keys["Ångström 7"] == "angstrom 017"
    assert "" not in keys.values()


def test_the_migration_fills_the_keys_of_users(alice):
    from albumen.accounts.models import User

    User.objects.update(first_name="Édith", last_name="", first_name_key="", last_name_key="x")
    import_module("albumen.accounts.migrations.0003_sort_keys").fill(apps, None)
    assert User.objects.values_list("first_name_key", "last_name_key").get(pk=alice.id) == ("edith", "")


def test_the_panel_s_lists_are_in_the_same_order(alice, dana, client):
    rows_of(alice, len(SHUFFLED), name=lambda number: SHUFFLED[number])
    for name in SHUFFLED:
        alice.post("/api/albums/", {"name": name})
    client.post("/admin/login/", {"username": dana.email, "password": dana.password})
    for path, column in (("picture", 2), ("album", 0)):
        page = client.get(f"/admin/library/{path}/?o={column}")
        assert [row.name for row in page.context["cl"].result_list] == IN_ORDER
