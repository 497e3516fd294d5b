"""Who receives the events of a picture or an album: exactly those in whose lists it stands."""

import pytest

from albumen.library import access
from albumen.library.models import Album, Picture
from tests.http.conftest import ids, new_album, put_in, rows_of

KINDS = ("alone", "private", "withheld", "shared", "public", "public there", "of a guest")


@pytest.fixture
def people(alice, bob, charlie, dana, person, studio):
    """Alice owns what it is about, Bob and Vera are members with her; Charlie, Dana and the rest are not."""
    people = {"alice": alice, "bob": bob, "charlie": charlie, "dana": dana}
    people |= {name: person(name) for name in ("vera", "fred", "closed")}
    studio.add(people["vera"], "viewer")
    studio.add(people["fred"], "editor")
    studio.remove(people["fred"])
    studio.add(people["closed"], "viewer")
    assert dana.patch(f"/api/users/{people['closed'].id}/", {"is_active": False}).status_code == 200
    return people


def make(kind, people, studio):
    """An album of this kind with one picture in it, or None and a picture in no album."""
    alice, here = people["alice"], {"organization": studio.id}
    fields = {
        "alone": None,
        "private": {},
        "withheld": here,
        "shared": here | {"visibility": "organization"},
        "public": {"visibility": "public"},
        "public there": here | {"visibility": "public"},
        "of a guest": here | {"visibility": "organization"},
    }[kind]
    owner = people["fred"] if kind == "of a guest" else alice
    (picture,) = rows_of(owner, 1)
    if fields is None:
        return None, picture
    album = new_album(alice, **fields)
    if kind == "of a guest":
        # Fred put it in while he was an editor, and it stays his.
        studio.add(owner, "editor")
        put_in(owner, album, picture)
        studio.remove(owner)
    else:
        put_in(alice, album, picture)
    return album, picture


def lists(person):
    """What stands in a person's lists: those of albums and pictures, and the content of each album."""
    albums = ids(person.get("/api/albums/"))
    pages = [person.get("/api/pictures/"), *(person.get(f"/api/albums/{one}/pictures/") for one in albums)]
    return {("album", one) for one in albums} | {("picture", one) for page in pages for one in ids(page)}


def test_those_are_told_in_whose_lists_it_stands(people, studio):
    made = {kind: make(kind, people, studio) for kind in KINDS}
    listed = {person.id: lists(person) for name, person in people.items() if name != "closed"}
    for kind, (album, picture) in made.items():
        found = access.recipients_of_pictures(Picture.objects.filter(pk=picture))
        assert found == {person for person, things in listed.items() if ("picture", picture) in things}, kind
        assert found, kind
        if album is not None:
            found = access.recipients_of_album(Album.objects.get(pk=album))
            assert found == {person for person, things in listed.items() if ("album", album) in things}, kind
            assert found, kind
    assert {
        len(access.recipients_of_pictures(Picture.objects.filter(pk=picture))) for _, picture in made.values()
    } == {1, 3, 4}
