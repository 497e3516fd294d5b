"""Dana's browser in the admin panel, and what its forms post."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from albumen.accounts.models import User
from albumen.tasks.services import start_task
from tests.conftest import PASSWORD, Person

LISTS = (
    "accounts/user",
    "accounts/session",
    "plans/plan",
    "library/album",
    "library/picture",
    "library/expiringlink",
    "tasks/task",
    "admin/logentry",
)
# What a page would load, or where a form would send, on another site.
ELSEWHERE = re.compile(r"""(?:(?:src|href|action)=["']?|url\(["']?|@import\s+["']?)((?:https?:)?//[^"'\s)>]+)""")


@dataclass
class Panel:
    """A browser in the panel, which sends the CSRF token of its cookie as the forms do."""

    client: Client

    def get(self, path: str) -> Any:
        return self.client.get(f"/admin/{path}")

    def post(self, path: str, **fields: Any) -> Any:
        token = self.client.cookies["csrftoken"].value
        return self.client.post(f"/admin/{path}", {"csrfmiddlewaretoken": token, **fields})

    def sign_in(self, email: str, password: str) -> Any:
        self.get("login/")
        return self.post("login/", username=email, password=password, next="/admin/")

    def choose(self, path: str, action: str, *ids: int) -> list[str]:
        """Run an action on rows of a list, and return the panel's messages."""
        answer = self.post(path, action=action, _selected_action=[str(row) for row in ids], index="0")
        assert answer.status_code == 302, answer.content
        return self.says(path)

    def says(self, path: str) -> list[str]:
        return [str(message) for message in self.get(path).context["messages"]]


@pytest.fixture
def panel(dana: Person) -> Panel:
    """Dana's browser, signed in through the form."""
    panel = Panel(Client(enforce_csrf_checks=True))
    answer = panel.sign_in(dana.email, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    return panel


@pytest.fixture
def content(alice: Person) -> dict[str, int]:
    """Alice has a picture with a link, in an album, and a task that waits; the ids."""
    alice.use_plan(original=True, expiring_links=True)
    album = alice.post("/api/albums/", {"name": "Élan"}).json()["id"]
    answer = alice.upload(name="Beach.jpg", album=album, expiring_time_seconds=300)
    assert answer.status_code == 201, answer.content
    picture = answer.json()
    task = start_task(kind="sweep_files", owner_id=alice.id, arguments={}, now=timezone.now())
    return {"album": album, "picture": picture["id"], "link": picture["expiring_link"]["id"], "task": task.pk}


def plan_fields(**changes: Any) -> dict[str, Any]:
    """What the plan form posts."""
    return {
        "name": "Gold",
        "thumbnail_heights": "200, 400",
        "original": "on",
        "max_upload_bytes": "50000000",
        "quota_bytes": "",
        **changes,
    }


def user_fields(user: User, **changes: Any) -> dict[str, Any]:
    """What the user form posts when nothing was touched but `changes`; None unticks a box."""
    fields = {
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "plan": user.plan_id,
        "is_active": "on",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}
