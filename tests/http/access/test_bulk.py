"""One action on many pictures: each role gets for each picture what the call for that picture alone gives them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from albumen.library.models import Album
from albumen.library.services.album_contents import append
from tests import pictures
from tests.http.access.roles import SIGNED_IN
from tests.http.access.world import World
from tests.http.problems import refused

ABSENT = 2**40
SINGLE: dict[str, Callable[[Any, int, int], Any]] = {
    "trash": lambda someone, picture, album: someone.delete(f"/api/pictures/{picture}/"),
    "restore": lambda someone, picture, album: someone.post(f"/api/pictures/{picture}/restore/"),
    "add_to_album": lambda someone, picture, album: someone.post(
        f"/api/albums/{album}/pictures/", {"pictures": [picture]}
    ),
    "remove_from_album": lambda someone, picture, album: someone.delete(f"/api/albums/{album}/pictures/{picture}/"),
}


@pytest.fixture
def world(person, dana) -> World:
    return World(person, dana)


def own_pictures(world: World, someone: Any) -> dict[str, int]:
    """Upload pictures: one into each album, also into those that are hidden from this person by now, one into the
    trash, and one into neither."""
    made = {case: someone.upload(pictures.jpeg(40, 30)).json()["id"] for case in (*world.albums, "spare", "trash")}
    for case, album in world.albums.items():
        append(album=Album.objects.get(pk=album), picture_ids=[made[case]], now=timezone.now())
    assert someone.delete(f"/api/pictures/{made['trash']}/").status_code == 204
    return made


def alone(action: str, someone: Any, picture: int, album: int) -> tuple[int, str | None]:
    """Return status and error code of the call for one picture, whose effects are taken back."""
    with transaction.atomic():
        answer = SINGLE[action](someone, picture, album)
        transaction.set_rollback(True)
    return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else None


@pytest.mark.parametrize("role", sorted(SIGNED_IN))
def test_each_picture_gets_what_the_call_for_it_alone_gives(world, role):
    someone = world.people[role]
    asked = [*world.pictures.values(), ABSENT, *own_pictures(world, someone).values()]
    for action in SINGLE:
        for album in (*world.albums.values(), ABSENT) if "album" in action else (0,):
            body = {"action": action, "pictures": asked, **({"album": album} if album else {})}
            right = [alone(action, someone, one, album) for one in asked]
            with transaction.atomic():
                answer = someone.post("/api/pictures/bulk/", body)
                transaction.set_rollback(True)
            if action == "add_to_album" and set(right) == {(404, "not_found")}:
                # In a body, an album that is hidden is bad input.
                refused(answer, 400, "unknown_album", "/album")
            elif action == "add_to_album" and set(right) == {(403, "permission_denied")}:
                refused(answer, 403, "permission_denied")
            else:
                assert answer.status_code == 200, answer.content
                got = [(row["id"], row["status"], row["code"]) for row in answer.json()["results"]]
                assert got == [(one, *answers) for one, answers in zip(asked, right, strict=True)], (action, album)
