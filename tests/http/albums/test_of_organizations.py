"""What an organization keeps: its albums, when the person who made them leaves, closes the account or deletes it."""

import pytest

from albumen.accounts.models import User
from albumen.library.jobs.account_data import documents_of
from albumen.tasks.services.execution import run_task
from albumen.web.task_types import HANDLERS
from tests.conftest import PASSWORD
from tests.http.conftest import ids, new_album, put_in, rows_of
from tests.http.problems import refused


@pytest.fixture
def album(bob, studio) -> int:
    """One that Bob made for Alice's organization."""
    return new_album(bob, name="Plans", organization=studio.id, visibility="organization")


def test_its_owner_takes_over_what_a_removed_editor_made(alice, bob, studio, album):
    (picture,) = rows_of(bob, 1)
    put_in(bob, album, picture)
    studio.remove(bob)
    path = f"/api/albums/{album}/"
    refused(alice.patch(path, {"name": "Ours"}), 403, "permission_denied")
    assert alice.patch(path, {"owner": alice.id}).json()["owner"] == alice.id
    assert alice.patch(path, {"name": "Ours"}).status_code == 200
    assert alice.get(f"/api/pictures/{picture}/").json()["owner"] == bob.id
    assert ids(alice.get(f"{path}pictures/")) == [picture]
    assert bob.delete(f"{path}pictures/{picture}/").status_code == 204
    assert ids(alice.get(f"{path}pictures/")) == []


def test_what_is_taken_out_comes_back_to_who_made_it(alice, bob, studio, album):
    studio.remove(bob)
    last = bob.get("/api/events/").json()["last"]
    taken = alice.patch(f"/api/albums/{album}/", {"organization": None})
    assert (taken.status_code, taken.json()["visibility"], taken.json()["owner"]) == (200, "private", bob.id)
    assert ids(alice.get("/api/albums/")) == []
    assert ids(bob.get("/api/albums/")) == [album]
    (event,) = bob.get(f"/api/events/?after={last}").json()["results"]
    assert (event["type"], event["data"]["id"]) == ("album.created", album)


@pytest.mark.parametrize("taken_out_by", ["an owner", "an administrator"])
def test_what_is_taken_out_comes_back_without_the_pictures_of_others(alice, bob, dana, studio, album, taken_out_by):
    hers, his = rows_of(alice, 2), rows_of(bob, 1)
    put_in(bob, album, *his)
    put_in(alice, album, *hers)
    path = f"/api/albums/{album}/"
    assert alice.patch(path, {"cover": hers[0]}).status_code == 200
    assert alice.delete(f"/api/pictures/{hers[1]}/").status_code == 204
    studio.remove(bob)
    last = bob.get("/api/events/").json()["last"]
    somebody, change = (
        (alice, {"organization": None}) if taken_out_by == "an owner" else (dana, {"visibility": "private"})
    )
    assert somebody.patch(path, change).status_code == 200
    assert ids(bob.get(f"{path}pictures/")) == his
    shown = bob.get(path).json()
    assert (shown["picture_count"], shown["cover"]) == (1, his[0])
    refused(bob.get(f"/api/pictures/{hers[0]}/"), 404, "not_found")
    (event,) = bob.get(f"/api/events/?after={last}").json()["results"]
    assert event["data"]["picture_count"] == 1
    # They are hers as before, and one that comes back from the trash does not come back to the album.
    assert alice.post(f"/api/pictures/{hers[1]}/restore/").status_code == 200
    assert sorted(ids(alice.get("/api/pictures/"))) == sorted(hers)
    assert ids(bob.get(f"{path}pictures/")) == his


def test_administrators_take_over_albums_of_organizations_and_no_others(alice, dana, album):
    private = new_album(alice)
    assert dana.patch(f"/api/albums/{album}/", {"owner": dana.id}).json()["owner"] == dana.id
    refused(dana.patch(f"/api/albums/{private}/", {"owner": dana.id}), 403, "permission_denied")


@pytest.mark.parametrize("member", [True, False])
def test_an_album_outlives_the_account_of_who_made_it(alice, bob, studio, album, member):
    hers, his = rows_of(alice, 1) + rows_of(bob, 1)
    put_in(bob, album, his)
    put_in(alice, album, hers)
    private = new_album(bob)
    if not member:
        studio.remove(bob)
    last = alice.get("/api/events/").json()["last"]
    assert bob.delete("/api/profile/", {"password": PASSWORD}).status_code == 204
    shown = alice.get(f"/api/albums/{album}/").json()
    assert (shown["owner"], shown["picture_count"], shown["cover"]) == (alice.id, 1, hers)
    refused(alice.get(f"/api/albums/{private}/"), 404, "not_found")
    news = [one for one in alice.get(f"/api/events/?after={last}").json()["results"] if one["type"] == "album.updated"]
    assert [(one["data"]["owner"], one["data"]["picture_count"]) for one in news] == [(alice.id, 1)]


def test_it_goes_with_the_account_where_nobody_is_left(alice, anonymous, studio, bob):
    album = new_album(alice, organization=studio.id, visibility="public")
    studio.remove(bob)
    assert alice.delete("/api/profile/", {"password": PASSWORD}).status_code == 204
    refused(anonymous.get(f"/api/albums/{album}/"), 401, "not_authenticated")
    refused(bob.get(f"/api/organizations/{studio.id}/"), 404, "not_found")


def test_its_owner_does_not_delete_the_pictures_of_another(alice, bob, studio, album):
    (picture,) = rows_of(bob, 1)
    put_in(bob, album, picture)
    refused(alice.delete(f"/api/albums/{album}/?pictures=delete"), 403, "permission_denied")
    assert alice.delete(f"/api/albums/{album}/").status_code == 204
    assert ids(bob.get("/api/pictures/")) == [picture]


def test_an_account_archive_has_only_albums_that_its_owner_sees(bob, studio, album):
    def archived() -> list[int]:
        return [one["id"] for one in documents_of(User.objects.get(pk=bob.id))["albums.json"]["albums"]]

    assert archived() == [album]
    studio.remove(bob)
    assert archived() == []


def test_nobody_takes_over_more_albums_than_an_account_may_have(alice, album, settings):
    settings.MAX_ALBUMS = 1
    own = new_album(alice)
    refused(alice.patch(f"/api/albums/{album}/", {"owner": alice.id}), 403, "too_many_albums")
    refused(alice.post("/api/albums/", {"name": "Another"}), 403, "too_many_albums")
    assert alice.patch(f"/api/albums/{own}/", {"owner": alice.id}).status_code == 200
    assert alice.delete(f"/api/albums/{own}/").status_code == 204
    assert alice.patch(f"/api/albums/{album}/", {"owner": alice.id}).status_code == 200


def run_tasks() -> None:
    while run_task(HANDLERS):
        pass


def test_an_export_ends_with_the_right_to_see_the_album(alice, bob, studio, album):
    (picture,) = rows_of(bob, 1)
    put_in(bob, album, picture)
    made, queued = (bob.post(f"/api/albums/{album}/export/").json()["id"] for _ in range(2))
    run_task(HANDLERS, made)
    url = bob.get(f"/api/tasks/{made}/").json()["result"]["url"]
    assert bob.head(url).status_code == 200
    studio.remove(bob)
    refused(bob.get(url), 410, "export_ended")
    run_tasks()
    task = bob.get(f"/api/tasks/{queued}/").json()
    assert (task["status"], task["error"]["code"]) == ("failed", "not_found")


def exported(someone, album: int) -> str:
    """Return the URL of a new archive of the album."""
    task = someone.post(f"/api/albums/{album}/export/").json()["id"]
    run_tasks()
    url = someone.get(f"/api/tasks/{task}/").json()["result"]["url"]
    assert someone.head(url).status_code == 200
    return str(url)


def test_an_archive_ends_when_its_album_leaves_the_organization(alice, bob, charlie, album):
    path = f"/api/albums/{album}/"
    assert bob.patch(path, {"visibility": "public"}).status_code == 200
    urls = [(someone, exported(someone, album)) for someone in (alice, bob, charlie)]
    queued = bob.post(f"{path}export/").json()["id"]
    assert bob.patch(path, {"name": "Drafts", "visibility": "organization"}).status_code == 200
    assert [someone.head(url).status_code for someone, url in urls] == [200, 200, 410]
    assert bob.patch(path, {"organization": None, "visibility": "public"}).status_code == 200
    for someone, url in urls:
        refused(someone.get(url), 410, "export_ended")
    run_tasks()
    task = bob.get(f"/api/tasks/{queued}/").json()
    assert (task["status"], task["error"]["code"]) == ("failed", "export_ended")
    exported(bob, album)


def test_an_archive_that_ended_with_the_membership_does_not_come_back_with_the_album(alice, bob, studio, album):
    url = exported(bob, album)
    studio.remove(bob)
    refused(bob.get(url), 410, "export_ended")
    assert alice.patch(f"/api/albums/{album}/", {"organization": None}).status_code == 200
    assert ids(bob.get("/api/albums/")) == [album]
    refused(bob.get(url), 410, "export_ended")


def test_an_archive_stays_when_its_album_is_shown_to_an_organization_later(bob, studio):
    own = new_album(bob)
    url = exported(bob, own)
    shown = {"organization": studio.id, "visibility": "organization"}
    assert bob.patch(f"/api/albums/{own}/", shown).status_code == 200
    assert bob.head(url).status_code == 200


def test_an_archive_goes_with_its_album(alice, album):
    task = alice.post(f"/api/albums/{album}/export/").json()["id"]
    run_tasks()
    url = alice.get(f"/api/tasks/{task}/").json()["result"]["url"]
    assert alice.head(url).status_code == 200
    assert alice.delete(f"/api/albums/{album}/").status_code == 204
    refused(alice.get(url), 410, "export_ended")


def test_an_import_fetches_nothing_once_the_album_may_not_be_filled(alice, bob, studio, album):
    body = {"urls": ["http://images.example/a.jpg", "http://images.example/b.jpg"], "album": album}
    task = bob.post("/api/pictures/import/", body, format="json").json()["id"]
    path = f"/api/organizations/{studio.id}/members/{bob.id}/"
    assert alice.patch(path, {"role": "viewer"}).status_code == 200
    run_tasks()
    result = bob.get(f"/api/tasks/{task}/").json()["result"]
    assert [one["error"]["code"] for one in result["results"]] == ["permission_denied"] * 2
    assert ids(bob.get("/api/pictures/")) == []


def test_a_repeated_request_says_what_it_said_and_writes_nothing(alice, bob, studio, album):
    (picture,) = rows_of(bob, 1)
    key = {"HTTP_IDEMPOTENCY_KEY": "fill-1"}
    path = f"/api/albums/{album}/pictures/"
    first = bob.post(path, {"pictures": [picture]}, **key)
    assert bob.delete(f"{path}{picture}/").status_code == 204
    studio.remove(bob)
    again = bob.post(path, {"pictures": [picture]}, **key)
    assert (again.status_code, again.content) == (200, first.content)
    assert ids(alice.get(path)) == []
    refused(bob.post(path, {"pictures": [picture]}, HTTP_IDEMPOTENCY_KEY="fill-2"), 404, "not_found")
