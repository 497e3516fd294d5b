"""An organization to share albums with, and albums with pictures in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import F

from albumen.accounts.models import User
from albumen.library.models import Picture
from albumen.search import fold

DAY = datetime(2024, 5, 6, tzinfo=UTC)


def let_in(owner: Any, organization: int, person: Any, role: str) -> None:
    """Invite a person to an organization, and accept for them, by HTTP."""
    answer = owner.post(f"/api/organizations/{organization}/invitations/", {"user": person.id, "role": role})
    assert answer.status_code == 201, answer.content
    accepted = person.post(f"/api/invitations/{answer.json()['id']}/accept/")
    assert accepted.status_code == 200, accepted.content


class Studio:
    """An organization; its founder lets members in, and they leave by themselves."""

    def __init__(self, founder: Any, name: str = "Studio") -> None:
        self.founder = founder
        answer = founder.post("/api/organizations/", {"name": name})
        assert answer.status_code == 201, answer.content
        self.id = answer.json()["id"]

    def add(self, person: Any, role: str) -> None:
        let_in(self.founder, self.id, person, role)

    def remove(self, person: Any) -> None:
        assert person.delete(f"/api/organizations/{self.id}/members/{person.id}/").status_code == 204


@pytest.fixture
def studio(alice: Any, bob: Any) -> Studio:
    """Alice founded it; Bob edits."""
    studio = Studio(alice)
    studio.add(bob, "editor")
    return studio


def new_album(person: Any, **fields: Any) -> int:
    """Make an album by HTTP, and return its id."""
    answer = person.post("/api/albums/", {"name": "Summer", **fields})
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def put_in(person: Any, album: int, *picture_ids: int) -> None:
    """Add pictures of a person to an album, by HTTP."""
    answer = person.post(f"/api/albums/{album}/pictures/", {"pictures": picture_ids})
    assert answer.status_code == 200, answer.content


def rows_of(person: Any, count: int, **fields: Any) -> list[int]:
    """Make `count` pictures as rows without files, for what never reads their bytes, and return their ids."""
    rows = []
    for number in range(count):
        row = {
            "name": f"photo {number}",
            "sha256": f"{number:064x}",
            "bytes": 10,
            "format": "jpeg",
            "width": 400,
            "height": 300,
            "has_alpha": False,
            "placeholder": "data:,",
            "created_at": DAY,
            "updated_at": DAY,
        }
        row |= {name: value(number) if callable(value) else value for name, value in fields.items()}
        rows.append(Picture(owner_id=person.id, search_key=fold(row["name"]), **row))
    User.objects.filter(pk=person.id).update(
        bytes_used=F("bytes_used") + sum(row.bytes for row in rows), picture_count=F("picture_count") + count
    )
    return [row.pk for row in Picture.objects.bulk_create(rows)]


def ids(answer: Any) -> list[int]:
    """Return the ids in a page, in its order."""
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]
