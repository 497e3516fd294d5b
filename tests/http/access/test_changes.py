"""Every role x change of role x what may be done with an album of an organization, as `changes.py` says.

The subject of each change has an album there, and a colleague another one; both have pictures of both."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from albumen.organizations.models import Membership
from albumen.tasks.services.execution import run_task
from albumen.web.task_types import HANDLERS
from tests import pictures
from tests.http.access.changes import ALBUMS, CLOSED, MEMBERS, NONE, WAYS, Change, changes
from tests.http.access.world import DOT
from tests.http.conftest import ids, new_album, put_in

DONE = range(200, 300)
OF_A_COLLEAGUE = {"signed URL", "read by the alias", "list by the alias", "take out a colleague's picture"}


class Scene:
    """People and albums of one organization."""

    def __init__(self, person: Any, dana: Any) -> None:
        self.dana = dana
        self.founder, self.subject, self.colleague = (person(name) for name in ("founder", "subject", "colleague"))
        self.organization = self.founder.post("/api/organizations/", {"name": "Studio"}).json()["id"]
        self.members = f"/api/organizations/{self.organization}/members/"
        self.member = f"{self.members}{self.subject.id}/"
        self.account = f"/api/users/{self.subject.id}/"
        for someone in (self.subject, self.colleague):
            assert dana.post(self.members, {"user": someone.id, "role": "editor"}).status_code == 201
        shown = {"organization": self.organization, "visibility": "organization"}
        self.albums = {
            "theirs": new_album(self.colleague, **shown),
            "mine": new_album(self.subject, **shown),
            "mine in public": new_album(self.subject, **shown | {"visibility": "public"}),
        }
        self.spare = self.subject.upload(pictures.jpeg(40, 30, seed=7)).json()["id"]
        self.own: dict[str, int] = {}
        self.others: dict[str, int] = {}
        self.urls: dict[str, str] = {}
        self.archives: dict[str, str] = {}
        for number, (name, album) in enumerate(self.albums.items()):
            for someone, kept in ((self.subject, self.own), (self.colleague, self.others)):
                kept[name] = someone.upload(pictures.jpeg(40, 30, seed=number)).json()["id"]
                put_in(someone, album, kept[name])
        self.note_urls()

    def note_urls(self) -> None:
        """Note the signed URLs that the subject gets now."""
        for name, album in self.albums.items():
            seen = self.subject.get(f"/api/pictures/{self.others[name]}/").json()
            self.urls[name] = seen["thumbnails"][0]["url"]
            task = self.subject.post(f"/api/albums/{album}/export/").json()["id"]
            while run_task(HANDLERS):
                pass
            self.archives[name] = self.subject.get(f"/api/tasks/{task}/").json()["result"]["url"]

    def has_been(self, role: str) -> None:
        """Let the subject have had this role until now."""
        if role == CLOSED:
            assert WAYS["deactivated"](self, CLOSED).status_code == 200
        elif role == NONE:
            Membership.objects.filter(user=self.subject.id).delete()
        else:
            Membership.objects.filter(user=self.subject.id).update(role=role)

    def told(self, album: int) -> bool:
        """Return whether the subject's events have what the colleague does to the album."""
        before = self.subject.get("/api/events/").json().get("last")
        changed = self.dana.patch(f"/api/albums/{album}/", {"cover": None}, format="json")
        assert changed.status_code == 200
        new = self.subject.get(f"/api/events/?after={before}")
        return new.status_code == 200 and [event["data"]["id"] for event in new.json()["results"]] == [album]

    def status(self, doing: str, name: str) -> int:
        """Return the status of the subject's request."""
        someone, album = self.subject, self.albums[name]
        path = f"/api/albums/{album}/"
        match doing:
            case "read":
                found = {someone.get(path).status_code, someone.get(f"{path}pictures/").status_code}
                assert len(found) == 1
                return found.pop()
            case "list":
                return listed(someone.get("/api/albums/"), album)
            case "events":
                return 200 if self.told(album) else 404
            case "export":
                return someone.post(f"{path}export/").status_code
            case "download":
                return closed(someone.get(self.archives[name]))
            case "signed URL":
                return closed(someone.get(self.urls[name]))
            case "read by the alias":
                return someone.get(f"/users/{self.colleague.id}/images/{self.others[name]}/").status_code
            case "list by the alias":
                return listed(someone.get(f"/users/{self.colleague.id}/images/"), self.others[name])
            case "fill":
                return someone.post(f"{path}pictures/", {"pictures": [self.spare]}).status_code
            case "upload":
                return someone.post("/api/pictures/", {"image": DOT, "album": album}, format="json").status_code
            case "upload by the alias":
                body = {"image": DOT, "album": album}
                return someone.post(f"/users/{someone.id}/images/", body, format="json").status_code
            case "import":
                body = {"urls": ["http://images.example/a.jpg"], "album": album}
                return someone.post("/api/pictures/import/", body, format="json").status_code
            case "reorder":
                return someone.patch(f"{path}pictures/{self.own[name]}/", {"before": None}, format="json").status_code
            case "cover":
                return someone.patch(path, {"cover": self.own[name]}).status_code
            case "take out a colleague's picture":
                return someone.delete(f"{path}pictures/{self.others[name]}/").status_code
            case "take out a picture of one's own":
                return someone.delete(f"{path}pictures/{self.own[name]}/").status_code
            case "rename":
                return someone.patch(path, {"name": "Rude words", "description": "x"}).status_code
            case "show to others":
                return someone.patch(path, {"visibility": "private"}).status_code
            case "delete":
                return someone.delete(path).status_code
            case "delete with pictures":
                return someone.delete(f"{path}?pictures=delete").status_code
            case "take out of the organization":
                return someone.patch(path, {"organization": None}, format="json").status_code
            case "take over":
                return someone.patch(path, {"owner": someone.id}).status_code
        raise AssertionError(doing)


def listed(answer: Any, row: int) -> int:
    """Return the status of the answer, and 404 for a list without this row."""
    return 404 if answer.status_code == 200 and row not in ids(answer) else int(answer.status_code)


def closed(answer: Any) -> int:
    list(answer)  # A file is closed at its end, and as Django's client does it, without the connection.
    return int(answer.status_code)


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def refusals(doing: str, role: str, name: str) -> tuple[int, ...]:
    """Return the statuses that are right for who may not do it."""
    if role == CLOSED and doing in ("download", "signed URL"):
        # The signature has ended with the logins.
        return (404,) if doing == "download" else (403,)
    if doing == "download":
        return (410,)
    if doing in ("events", "signed URL"):
        return (404,)
    if role == CLOSED:
        return (401,)
    if doing in ("list", "read by the alias", "list by the alias"):
        return (404,)
    if role in MEMBERS or name == "mine in public":
        return (403,)
    # In a body, an album that is hidden is bad input.
    return (400,) if doing in ("upload", "upload by the alias", "import") else (404,)


@pytest.fixture
def scene(person, dana) -> Scene:
    return Scene(person, dana)


@pytest.mark.parametrize("before", [*sorted(MEMBERS), NONE, CLOSED])
def test_a_role_decides_at_that_moment_whatever_it_was_before(scene, before):
    wrong = [line for change in changes() if change.before == before for line in faults(scene, change)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("taken_out_by", ["an owner of the organization", "its own owner"])
def test_what_was_taken_out_of_the_organization_is_its_owners_alone_without_pictures_of_others(scene, taken_out_by):
    for name, album in scene.albums.items():
        somebody, changes = scene.founder, {"organization": None}
        if taken_out_by == "its own owner":
            somebody = scene.colleague if name == "theirs" else scene.subject
            changes |= {"visibility": "private"}
        assert somebody.patch(f"/api/albums/{album}/", changes).status_code == 200
    wrong = []
    for name, table in ALBUMS.items():
        for doing in table:
            with taken_back():
                status = scene.status(doing, name)
            right = refusals(doing, NONE, name) if name == "theirs" else DONE
            if doing in OF_A_COLLEAGUE:
                right = (404,)  # Pictures of others have left it.
            elif doing == "download":
                right = (410,)  # The archive has these pictures.
            if status not in right:
                wrong.append(f"{name}, {doing}: {status}, not {right}")
    assert not wrong, "\n".join(wrong)


def faults(scene: Scene, change: Change) -> Iterator[str]:
    """Yield what is not as the table says after this change."""
    with taken_back():
        scene.has_been(change.before)
        answer = WAYS[change.way](scene, change.after)
        assert answer.status_code in DONE, (change, answer.content)
        if change.before == CLOSED:
            # Those of before have ended with the logins.
            scene.subject.sign_in()
            scene.note_urls()
        for name, table in ALBUMS.items():
            for doing, roles in table.items():
                with taken_back():
                    status = scene.status(doing, name)
                right = DONE if change.after in roles else refusals(doing, change.after, name)
                if status not in right:
                    yield f"{change.before} {change.way} ({change.after}), {name}, {doing}: {status}, not {right}"
