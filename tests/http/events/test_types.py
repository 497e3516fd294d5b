"""What is told, to whom, for everything that somebody does."""

import pytest

from albumen.accounts.models import User
from tests import pictures
from tests.http.conftest import new_album, put_in, rows_of


class Ears:
    """What a person has been told since the last time they were asked."""

    def __init__(self):
        self.heard = {}

    def __call__(self, person):
        page = person.get(f"/api/events/?after={self.heard.get(person.id, 0)}").json()
        self.heard[person.id] = page["last"]
        return [(row["type"], row["data"]) for row in page["results"]]

    def types(self, person):
        return [kind for kind, _ in self(person)]

    def cover(self, *people):
        for person in people:
            self(person)


@pytest.fixture
def told():
    return Ears()


@pytest.fixture
def shared(alice, studio):
    return new_album(alice, organization=studio.id, visibility="organization")


def test_a_picture_from_its_upload_to_its_end(alice, charlie, told):
    alice.use_plan(thumbnail_heights=[20])
    picture = alice.upload(pictures.jpeg(40, 30), name="Dune.jpg").json()["id"]
    it = {"id": picture, "name": "Dune.jpg", "owner": alice.id}
    assert told(alice) == [("picture.created", it)]
    alice.patch(f"/api/pictures/{picture}/", {"name": "Sea"})
    it["name"] = "Sea"
    assert told(alice) == [("picture.updated", it)]
    alice.delete(f"/api/pictures/{picture}/")
    assert told(alice) == [("picture.deleted", it)]
    alice.post(f"/api/pictures/{picture}/restore/")
    assert told(alice) == [("picture.restored", it)]
    alice.delete(f"/api/pictures/{picture}/")
    alice.delete(f"/api/trash/{picture}/")
    assert told(alice) == [("picture.deleted", it)] * 2
    assert told(charlie) == []


def test_a_refusal_tells_nobody(alice, told):
    assert alice.upload(b"no picture").status_code == 400
    assert alice.patch("/api/pictures/1/", {"name": "Sea"}).status_code == 404
    assert told(alice) == []


def test_an_upload_into_a_shared_album_is_told_to_all_who_see_it(alice, bob, studio, shared, told):
    told.cover(alice, bob)
    picture = alice.upload(pictures.jpeg(40, 30), album=shared).json()["id"]
    heard = told(bob)
    assert heard == told(alice)
    assert [kind for kind, _ in heard] == ["picture.created", "album.updated"]
    assert (heard[0][1]["id"], heard[1][1]["id"], heard[1][1]["picture_count"]) == (picture, shared, 1)


def test_what_happens_inside_an_album_is_the_albums_news(alice, bob, shared, told):
    first, second = rows_of(alice, 2)
    told.cover(bob)
    put_in(alice, shared, first, second)
    alice.patch(f"/api/albums/{shared}/pictures/{second}/", {"before": first})
    alice.delete(f"/api/albums/{shared}/pictures/{first}/")
    assert [(kind, it["picture_count"]) for kind, it in told(bob)] == [
        ("album.updated", 2),
        ("album.updated", 2),
        ("album.updated", 1),
    ]


def test_an_album_comes_into_sight_and_goes_out_of_it(alice, bob, studio, told):
    told.cover(alice, bob)
    album = new_album(alice, name="Draft", organization=studio.id)
    path = f"/api/albums/{album}/"
    assert (told.types(alice), told(bob)) == (["album.created"], [])
    alice.patch(path, {"visibility": "organization", "name": "Shown"})
    assert told.types(alice) == ["album.updated"]
    (kind, it), *rest = told(bob)
    assert (kind, rest) == ("album.created", [])
    assert it == {
        "id": album,
        "name": "Shown",
        "owner": alice.id,
        "organization": studio.id,
        "visibility": "organization",
        "picture_count": 0,
    }
    alice.patch(path, {"visibility": "private", "name": "Secret"})
    # As it was when he still saw it.
    assert told(bob) == [("album.deleted", it)]
    assert [(kind, it["name"]) for kind, it in told(alice)] == [("album.updated", "Secret")]
    alice.delete(path)
    assert (told.types(alice), told(bob)) == (["album.deleted"], [])


def test_an_album_deleted_with_its_pictures(alice, bob, shared, told):
    put_in(alice, shared, *rows_of(alice, 3))
    told.cover(alice, bob)
    alice.delete(f"/api/albums/{shared}/?pictures=delete")
    for person in (alice, bob):
        heard = told(person)
        assert [kind for kind, _ in heard] == ["album.deleted", "picture.deleted"]
        assert heard[1][1] == {"all": True}
    assert alice.post("/api/trash/restore/").json() == {"restored": 3}
    assert told(alice) == [("picture.restored", {"all": True})]


def test_everything_deleted_and_restored_is_one_event_each(alice, bob, charlie, dana, shared, told):
    put_in(alice, shared, *rows_of(alice, 5))
    told.cover(alice, bob, charlie, dana)
    assert dana.delete("/api/pictures/").status_code == 204
    assert told(alice) == told(bob) == [("picture.deleted", {"all": True})]
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 5}
    assert told(alice) == [("picture.restored", {"all": True})]
    assert told(charlie) == told(dana) == []


def test_links_are_their_owners_news(alice, anonymous, told):
    alice.use_plan(thumbnail_heights=[20], original=True, expiring_links=True)
    answer = alice.upload(pictures.jpeg(40, 30), expiring_time_seconds=300).json()
    assert told.types(alice) == ["picture.created", "link.created"]
    body = {"expiring_time_seconds": 300, "height": 20, "max_uses": 2}
    link = alice.post(f"/api/pictures/{answer['id']}/links/", body).json()
    it = {"id": link["id"], "picture": answer["id"], "height": 20, "max_uses": 2, "uses": 0}
    assert told(alice) == [("link.created", {**it, "expires_at": link["expires_at"]})]
    for _ in range(3):
        list(anonymous.get(link["url"]))
    ((kind, used),) = told(alice)
    assert (kind, used["id"], used["uses"]) == ("link.used_up", link["id"], 2)
    for _ in range(2):
        alice.delete(f"/api/links/{answer['expiring_link']['id']}/")
    assert [(kind, it["id"]) for kind, it in told(alice)] == [("link.revoked", answer["expiring_link"]["id"])]


def test_members_come_change_and_go(alice, bob, charlie, studio, told):
    told.cover(alice, bob, charlie)
    studio.add(charlie, "viewer")
    it = {"organization": studio.id, "name": "Studio", "user": charlie.id, "role": "viewer"}
    assert told(alice) == told(bob) == told(charlie) == [("organization.member_added", it)]
    alice.patch(f"/api/organizations/{studio.id}/members/{charlie.id}/", {"role": "editor"})
    assert told(alice) == told(bob) == told(charlie) == [("organization.member_added", it | {"role": "editor"})]
    assert charlie.patch("/api/profile/", {"organizations": []}).status_code == 200
    gone = [("organization.member_removed", it | {"role": None})]
    assert told(alice) == told(bob) == told(charlie) == gone
    alice.patch(f"/api/organizations/{studio.id}/", {"open": True})
    assert charlie.patch("/api/profile/", {"organizations": [studio.id]}).status_code == 200
    assert told(charlie) == told(bob) == [("organization.member_added", it)]
    studio.remove(charlie)
    assert told(charlie) == told(bob) == gone
    assert alice.delete(f"/api/organizations/{studio.id}/").status_code == 204
    assert told(bob) == [("organization.member_removed", it | {"user": bob.id, "role": None})]


def test_a_user_who_goes_takes_things_out_of_others_lists(alice, bob, studio, told):
    albums = {name: new_album(bob, organization=studio.id, name=name) for name in ("Kept back", "Shown")}
    bob.patch(f"/api/albums/{albums['Shown']}/", {"visibility": "organization"})
    mine = new_album(alice, organization=studio.id, visibility="organization")
    put_in(bob, mine, *rows_of(bob, 1))
    told.cover(alice)
    assert bob.delete("/api/profile/", {"password": bob.password}).status_code == 204
    heard = told(alice)
    assert [kind for kind, _ in heard] == ["organization.member_removed", "album.updated", "picture.deleted"]
    assert (heard[0][1]["user"], heard[1][1]["id"], heard[2][1]) == (bob.id, albums["Shown"], {"all": True})
    assert heard[1][1]["owner"] == alice.id


def test_a_retried_request_is_told_once(alice, told):
    for _ in range(2):
        alice.post("/api/albums/", {"name": "Summer"}, headers={"Idempotency-Key": "again"})
    assert told.types(alice) == ["album.created"]


def test_an_upload_costs_two_statements_more(alice, django_assert_max_num_queries):
    alice.use_plan(thumbnail_heights=[20])
    alice.upload(pictures.jpeg(40, 30))
    with django_assert_max_num_queries(50) as queries:
        alice.upload(pictures.jpeg(40, 31))
    assert len([query for query in queries.captured_queries if '"events_' in query["sql"]]) == 2
    assert User.objects.get(pk=alice.id).picture_count == 2
