"""What is hidden leaves no trace: not in lists, counts, covers, filters, links, cursors, or addresses from before."""

import pytest

from tests import pictures
from tests.http.conftest import ids, new_album, put_in
from tests.http.problems import refused


@pytest.fixture
def shared(alice, bob, studio) -> int:
    """An album that Alice shows to the organization."""
    return new_album(alice, name="Shown", organization=studio.id, visibility="organization")


@pytest.fixture
def secret(alice, studio) -> int:
    """One that she keeps, although it names the organization."""
    return new_album(alice, name="Secret", organization=studio.id)


def ways_to_see(person, picture: int, addresses: list[str], links: bool = False) -> dict[str, bool]:
    """Each door to a picture, and whether it opens."""
    listed = person.get("/api/users/").json()["results"]
    owners = [user["id"] for user in listed]
    found = {
        "detail": person.get(f"/api/pictures/{picture}/").status_code == 200,
        "links": person.get(f"/api/pictures/{picture}/links/").status_code != 404,
        "change": person.patch(f"/api/pictures/{picture}/", {}).status_code != 404,
    }
    for owner in owners:
        if picture in ids(person.get(f"/api/pictures/?owner={owner}")):
            found["owner's list"] = True
    for number, address in enumerate(addresses):
        answer = person.get(address)
        found[f"address {number}"] = answer.status_code == 200
        list(answer)  # A file is closed at its end, and as Django's client does it, without the connection.
    return found


def addresses_of(person, picture: int) -> list[str]:
    shape = person.get(f"/api/pictures/{picture}/").json()
    return [thumbnail["url"] for thumbnail in shape["thumbnails"]] + [shape["original"]]


@pytest.fixture
def picture(alice, shared) -> int:
    alice.use_plan(original=True, thumbnail_heights=[50, 100])
    return int(alice.upload(pictures.jpeg(80, 60), album=shared).json()["id"])


def test_a_former_member_loses_sight_at_once_with_every_address(alice, bob, studio, shared, picture):
    addresses = addresses_of(bob, picture)
    assert all(ways_to_see(bob, picture, addresses).values())
    page = bob.get(f"/api/albums/{shared}/pictures/?page_size=1").json()
    alice.upload(pictures.jpeg(80, 60), album=shared)
    following = bob.get(f"/api/albums/{shared}/pictures/?page_size=1").json()["next"]
    studio.remove(bob)
    assert not any(ways_to_see(bob, picture, addresses).values())
    for path in (f"/api/albums/{shared}/", f"/api/albums/{shared}/pictures/", following):
        refused(bob.get(path), 404, "not_found")
    assert page["results"][0]["id"] == picture
    assert ids(bob.get("/api/albums/")) == ids(bob.get(f"/api/pictures/?album={shared}")) == []
    assert all(ways_to_see(alice, picture, addresses_of(alice, picture)).values())


HIDE = {
    "taken out": lambda alice, album, picture: alice.delete(f"/api/albums/{album}/pictures/{picture}/"),
    "trashed": lambda alice, album, picture: alice.delete(f"/api/pictures/{picture}/"),
    "album made private": lambda alice, album, picture: alice.patch(
        f"/api/albums/{album}/", {"visibility": "private"}
    ),
    "album withdrawn": lambda alice, album, picture: alice.patch(
        f"/api/albums/{album}/", {"visibility": "private", "organization": None}
    ),
    "album deleted": lambda alice, album, picture: alice.delete(f"/api/albums/{album}/"),
}


@pytest.mark.parametrize("way", HIDE)
def test_a_picture_that_is_no_longer_shown_is_hidden_at_once(alice, bob, shared, picture, way):
    addresses = addresses_of(bob, picture)
    assert all(ways_to_see(bob, picture, addresses).values())
    assert HIDE[way](alice, shared, picture).status_code in (200, 204)
    assert not any(ways_to_see(bob, picture, addresses).values())


def test_a_picture_stays_in_sight_while_another_album_shows_it(alice, bob, charlie, studio, shared, picture):
    public = new_album(alice, visibility="public")
    put_in(alice, public, picture)
    seen = {person.email: addresses_of(person, picture) for person in (bob, charlie)}
    alice.delete(f"/api/albums/{shared}/pictures/{picture}/")
    assert all(ways_to_see(bob, picture, seen[bob.email]).values())
    alice.patch(f"/api/albums/{public}/", {"visibility": "private"})
    for person in (bob, charlie):
        assert not any(ways_to_see(person, picture, seen[person.email]).values())


def test_what_the_public_was_shown_closes_for_it(alice, anonymous, picture):
    public = new_album(alice, visibility="public")
    put_in(alice, public, picture)
    addresses = addresses_of(anonymous, picture)
    assert [anonymous.get(address).status_code for address in addresses] == [200] * 3
    alice.patch(f"/api/albums/{public}/", {"visibility": "private"})
    assert [anonymous.get(address).status_code for address in addresses] == [404] * 3
    for path in (f"/api/pictures/{picture}/", f"/api/albums/{public}/", f"/api/albums/{public}/pictures/"):
        refused(anonymous.get(path), 401, "not_authenticated")


def test_the_albums_of_a_picture_are_those_that_the_viewer_sees(alice, bob, charlie, dana, anonymous, shared, secret):
    public = new_album(alice, visibility="public")
    picture = alice.upload(album=shared).json()["id"]
    for album in (secret, public):
        put_in(alice, album, picture)
    everything = sorted([shared, secret, public])
    for person, albums in (
        *((alice, everything), (dana, everything), (bob, sorted([shared, public]))),
        *((charlie, [public]), (anonymous, [public])),
    ):
        assert person.get(f"/api/pictures/{picture}/").json()["albums"] == albums
        (row,) = person.get(f"/api/albums/{public}/pictures/").json()["results"]
        assert row["albums"] == albums


def test_no_filter_tells_of_what_is_hidden(alice, bob, shared, secret):
    hidden = alice.upload(name="Hidden.jpg", album=secret).json()
    shown = alice.upload(pictures.jpeg(seed=2), name="Shown.jpg", album=shared).json()
    for query in (
        *(f"album={secret}", f"owner={alice.id}&search=hidden", f"owner={alice.id}&sha256={hidden['sha256']}"),
        *(f"album={shared}&search=hidden", f"album={shared}&sha256={hidden['sha256']}", f"album={2**40}"),
    ):
        assert bob.get(f"/api/pictures/?{query}").json() == {"next": None, "previous": None, "results": []}
    assert ids(bob.get(f"/api/pictures/?owner={alice.id}")) == [shown["id"]]
    assert ids(bob.get("/api/albums/?search=secret")) == ids(bob.get("/api/albums/?visibility=private")) == []
    assert ids(bob.get(f"/api/albums/?owner={alice.id}")) == [shared]


def test_a_page_that_ends_before_hidden_rows_has_no_next(alice, bob, shared, secret):
    shown = alice.upload(album=shared).json()["id"]
    for _ in range(3):
        alice.upload(album=secret)
    for ordering in ("created_at", "-created_at", "name"):
        page = bob.get(f"/api/pictures/?owner={alice.id}&page_size=1&ordering={ordering}").json()
        assert ([row["id"] for row in page["results"]], page["next"]) == ([shown], None)
    page = bob.get(f"/api/albums/?owner={alice.id}&page_size=1").json()
    assert ([row["id"] for row in page["results"]], page["next"]) == ([shared], None)


def test_count_and_cover_tell_of_live_pictures_alone(alice, bob, shared):
    first, second = (alice.upload(album=shared).json()["id"] for _ in range(2))
    alice.patch(f"/api/albums/{shared}/", {"cover": first})
    alice.delete(f"/api/pictures/{first}/")
    (row,) = bob.get("/api/albums/").json()["results"]
    assert (row["picture_count"], row["cover"]) == (1, second)
    refused(bob.get(f"/api/pictures/{first}/"), 404, "not_found")


def test_hidden_and_absent_look_the_same(alice, bob, secret):
    hidden = alice.upload(album=secret).json()["id"]
    mine = new_album(bob)
    for method, path, body in (
        *(
            ("get", "/api/albums/{}/", {}),
            ("patch", "/api/albums/{}/", {"name": "x"}),
            ("delete", "/api/albums/{}/", {}),
        ),
        *(("get", "/api/albums/{}/pictures/", {}), ("post", "/api/albums/{}/pictures/", {"pictures": [1]})),
        *(("options", "/api/albums/{}/", {}), ("patch", "/api/albums/{}/pictures/1/", {"before": None})),
    ):
        shapes = []
        for album in (secret, 2**40):
            answer = getattr(bob, method, bob.client.options)(path.format(album), body)
            shapes.append((answer.status_code, {**answer.json(), "request_id": ""}))
        assert shapes[0] == shapes[1], (method, path)
    answers = [
        bob.post(f"/api/albums/{mine}/pictures/", {"pictures": [picture]}).json() for picture in (hidden, 2**40)
    ]
    assert [answer["code"] for answer in answers] == ["unknown_picture"] * 2
    covers = [bob.patch(f"/api/albums/{mine}/", {"cover": picture}).json() for picture in (hidden, 2**40)]
    assert covers[0] | {"request_id": ""} == covers[1] | {"request_id": ""}


def test_members_get_originals_without_what_is_private_in_them(alice, bob, shared):
    alice.use_plan(original=True)
    content = pictures.with_gps()
    uploaded = alice.upload(content, album=shared).json()
    theirs = bob.get(bob.get(f"/api/pictures/{uploaded['id']}/").json()["original"])
    assert b"SERIAL-12345" not in theirs.getvalue()
    assert alice.get(uploaded["original"]).getvalue() == content


def test_an_expiring_link_is_the_owners_own_affair(alice, bob, studio, shared):
    alice.use_plan(original=True, expiring_links=True)
    picture = alice.upload(album=shared).json()["id"]
    link = alice.post(f"/api/pictures/{picture}/links/", {"expiring_time_seconds": 300}).json()
    refused(bob.get(f"/api/links/{link['id']}/"), 404, "not_found")
    refused(bob.get(f"/api/pictures/{picture}/links/"), 403, "permission_denied")
    assert ids(bob.get("/api/links/")) == ids(bob.get(f"/api/links/?picture={picture}")) == []


def test_the_owner_takes_a_picture_out_of_an_album_that_was_hidden_since(alice, bob, studio, shared):
    mine, trashed = (bob.upload(album=shared).json()["id"] for _ in range(2))
    theirs = alice.upload(album=shared).json()["id"]
    bob.delete(f"/api/pictures/{trashed}/")
    studio.remove(bob)
    refused(bob.get(f"/api/albums/{shared}/"), 404, "not_found")
    assert ids(bob.get(f"/api/pictures/?album={shared}")) == []
    assert bob.get(f"/api/pictures/{mine}/").json()["albums"] == [shared]

    for picture in (theirs, trashed, 2**40):
        refused(bob.delete(f"/api/albums/{shared}/pictures/{picture}/"), 404, "not_found")
    assert bob.delete(f"/api/albums/{shared}/pictures/{mine}/").status_code == 204
    refused(bob.delete(f"/api/albums/{shared}/pictures/{mine}/"), 404, "not_found")
    assert bob.get(f"/api/pictures/{mine}/").json()["albums"] == []
    assert ids(alice.get(f"/api/albums/{shared}/pictures/")) == [theirs]
    assert alice.get(f"/api/albums/{shared}/").json()["picture_count"] == 1


def test_a_viewer_takes_out_pictures_of_their_own_alone(alice, bob, studio, shared):
    mine, theirs = bob.upload(album=shared).json()["id"], alice.upload(album=shared).json()["id"]
    alice.patch(f"/api/organizations/{studio.id}/members/{bob.id}/", {"role": "viewer"})
    refused(bob.delete(f"/api/albums/{shared}/pictures/{theirs}/"), 403, "permission_denied")
    assert bob.delete(f"/api/albums/{shared}/pictures/{mine}/").status_code == 204
