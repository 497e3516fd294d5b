"""An album leaves its organization: the pictures of others are left behind, whoever makes it leave."""

import pytest

from tests.http.conftest import Studio, ids, new_album, put_in, rows_of
from tests.http.problems import refused


@pytest.fixture
def album(alice, bob, studio) -> int:
    """Bob's album in Alice's organization, with a picture of his, two of hers, and one of hers in the trash."""
    album = new_album(bob, name="Plans", organization=studio.id, visibility="organization")
    put_in(alice, album, *rows_of(alice, 3))
    put_in(bob, album, *rows_of(bob, 1))
    return album


@pytest.fixture
def his(bob, album) -> list[int]:
    return ids(bob.get("/api/pictures/"))


@pytest.fixture
def hers(alice, album) -> list[int]:
    """Hers in the order of the album; the last one is in the trash."""
    found = sorted(ids(alice.get("/api/pictures/")))
    assert alice.delete(f"/api/pictures/{found[-1]}/").status_code == 204
    return found


LEAVING = {
    "taken out": {"organization": None},
    "made private": {"visibility": "private"},
    "both": {"organization": None, "visibility": "private"},
    "taken out for all to see": {"organization": None, "visibility": "public"},
    "moved": {"organization": "another"},
    "moved for all to see": {"organization": "another", "visibility": "public"},
    "made private there": {"organization": "another", "visibility": "private"},
}


@pytest.mark.parametrize("visibility", ["organization", "public"])
@pytest.mark.parametrize("way", LEAVING)
def test_its_owner_keeps_no_pictures_of_others(alice, bob, album, his, hers, way, visibility):
    another = Studio(bob, "Another").id
    path = f"/api/albums/{album}/"
    assert bob.patch(path, {"cover": hers[0], "visibility": visibility}).status_code == 200
    last = {someone.id: someone.get("/api/events/").json()["last"] for someone in (alice, bob)}
    changes = {name: another if value == "another" else value for name, value in LEAVING[way].items()}
    answer = bob.patch(path, changes)
    assert (answer.status_code, answer.json()["picture_count"], answer.json()["cover"]) == (200, 1, his[0])
    assert ids(bob.get(f"{path}pictures/")) == his
    for picture in hers:
        refused(bob.get(f"/api/pictures/{picture}/"), 404, "not_found")
    (told,) = bob.get(f"/api/events/?after={last[bob.id]}").json()["results"]
    assert (told["type"], told["data"]["picture_count"]) == ("album.updated", 1)
    (told,) = alice.get(f"/api/events/?after={last[alice.id]}").json()["results"]
    assert (told["type"], told["data"]["id"]) == ("album.deleted", album)
    assert [alice.get(f"/api/pictures/{picture}/").json()["albums"] for picture in hers[:2]] == [[], []]
    # They are hers as before, and one that comes back from the trash does not come back to the album.
    assert alice.post(f"/api/pictures/{hers[-1]}/restore/").status_code == 200
    assert sorted(ids(alice.get("/api/pictures/"))) == hers
    assert ids(bob.get(f"{path}pictures/")) == his


STAYING = {
    "shown to all": {"visibility": "public"},
    "shown as before": {"visibility": "organization"},
    "in the same organization": {"organization": "same"},
    "renamed": {"name": "Drafts"},
}


@pytest.mark.parametrize("way", STAYING)
def test_what_stays_in_the_organization_keeps_all_pictures(bob, studio, album, his, hers, way):
    changes = {name: studio.id if value == "same" else value for name, value in STAYING[way].items()}
    assert bob.patch(f"/api/albums/{album}/", changes).json()["picture_count"] == 3
    assert ids(bob.get(f"/api/albums/{album}/pictures/")) == [*hers[:2], *his]


def test_an_album_that_comes_back_has_its_owner_s_pictures(alice, bob, album, his, hers):
    path = f"/api/albums/{album}/"
    assert bob.patch(path, {"visibility": "private"}).status_code == 200
    assert bob.patch(path, {"visibility": "organization"}).json()["picture_count"] == 1
    assert ids(alice.get(f"{path}pictures/")) == his


def test_who_takes_it_over_keeps_the_pictures_of_others_only_within_the_organization(alice, bob, album, his, hers):
    path = f"/api/albums/{album}/"
    assert alice.patch(path, {"owner": alice.id}).json()["picture_count"] == 3
    assert alice.patch(path, {"organization": None}).json()["picture_count"] == 2
    assert ids(alice.get(f"{path}pictures/")) == hers[:2]
    refused(alice.get(f"/api/pictures/{his[0]}/"), 404, "not_found")
    assert ids(bob.get("/api/pictures/")) == his


def test_who_takes_it_over_and_out_at_once_keeps_no_pictures_of_others(alice, bob, album, his, hers):
    path = f"/api/albums/{album}/"
    assert alice.patch(path, {"cover": his[0]}).status_code == 200
    taken = alice.patch(path, {"owner": alice.id, "organization": None}).json()
    assert (taken["owner"], taken["picture_count"], taken["cover"]) == (alice.id, 2, hers[0])
    refused(alice.get(f"/api/pictures/{his[0]}/"), 404, "not_found")
    assert ids(bob.get("/api/pictures/")) == his


AROUND = {
    "removed": lambda alice, bob, studio: alice.delete(f"/api/organizations/{studio}/members/{bob.id}/"),
    "left": lambda alice, bob, studio: bob.delete(f"/api/organizations/{studio}/members/{bob.id}/"),
    "left by the profile": lambda alice, bob, studio: bob.patch("/api/profile/", {"organizations": []}),
    "demoted": lambda alice, bob, studio: alice.patch(
        f"/api/organizations/{studio}/members/{bob.id}/", {"role": "viewer"}
    ),
    "organization deleted": lambda alice, bob, studio: alice.delete(f"/api/organizations/{studio}/"),
}


@pytest.mark.parametrize("way", AROUND)
def test_an_owner_who_has_made_it_private_before_has_no_pictures_of_others(alice, bob, studio, album, his, hers, way):
    path = f"/api/albums/{album}/"
    assert bob.patch(path, {"visibility": "private"}).status_code == 200
    assert AROUND[way](alice, bob, studio.id).status_code in (200, 204)
    shown = bob.get(path).json()
    assert (shown["visibility"], shown["picture_count"], ids(bob.get(f"{path}pictures/"))) == ("private", 1, his)


@pytest.mark.parametrize("way", ["removed", "left", "left by the profile", "organization deleted"])
def test_what_is_still_the_organization_s_does_not_leave_with_its_owner(alice, bob, studio, album, his, hers, way):
    status = AROUND[way](alice, bob, studio.id).status_code
    assert status == (409 if way == "organization deleted" else 200 if way == "left by the profile" else 204)
    assert alice.get(f"/api/albums/{album}/").json()["organization"] == studio.id
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [*hers[:2], *his]
