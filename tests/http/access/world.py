"""One of each thing that a request can be about, people in every role, and what they send."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import Session, User
from albumen.accounts.services import tokens
from albumen.library import access
from albumen.organizations.services.invitation_tokens import make_token
from albumen.plans.services import create_plan
from albumen.tasks.services import start_task
from tests import pictures
from tests.conftest import PASSWORD
from tests.http.access.roles import ROLES
from tests.http.access.routes import names_in_path
from tests.http.conftest import Studio, new_album, put_in

DOT = base64.b64encode(pictures.png(8, 8)).decode()
LOGIN = {"email": "stranger@example.com", "password": PASSWORD}
NEWCOMER = {"email": "erin@example.com", "password": PASSWORD}
NEW = {"name": "New"}
LINK = {"urls": ["http://images.example/a.jpg"]}
PHRASE = "another long phrase"


def named_album(world: "World", case: str) -> dict[str, Any]:
    return {"album": world.albums[case]} if case in world.albums else {}


# What success needs in the body, or a function that makes it for a world and a case.
BODIES: dict[tuple[str, str], dict[str, Any] | Callable[["World", str], dict[str, Any]]] = {
    ("register", "POST"): NEWCOMER,
    ("login", "POST"): LOGIN,
    ("login-code", "POST"): {"email": LOGIN["email"]},
    ("refresh", "POST"): lambda world, case: {"refresh": world.people["stranger"].refresh},
    ("logout", "POST"): lambda world, case: {"refresh": world.people["stranger"].refresh},
    ("profile", "DELETE"): {"password": PASSWORD},
    ("profile-password", "POST"): {"current_password": PASSWORD, "new_password": PHRASE},
    ("profile-avatar", "PUT"): {"avatar": DOT},
    ("password-reset", "POST"): {"email": "owner@example.com"},
    ("password-reset-confirm", "POST"): {"uid": "MQ", "token": "x", "new_password": PHRASE},
    ("email-change-stop", "POST"): {"token": "x"},
    ("email-verify", "POST"): {"token": "x"},
    ("plans", "POST"): NEW | {"thumbnail_heights": [100]},
    ("albums", "POST"): NEW,
    ("album", "PATCH"): NEW,
    ("album-pictures", "POST"): {"image": DOT},
    ("album-picture", "PATCH"): {"before": None},
    ("pictures", "POST"): lambda world, case: {"image": DOT} | named_album(world, case),
    ("import", "POST"): lambda world, case: LINK | named_album(world, case),
    ("import-archive", "POST"): LINK,
    ("bulk", "POST"): lambda world, case: {
        "action": "add_to_album" if case in world.albums else "trash",
        "pictures": list(world.pictures.values()),
        **named_album(world, case),
    },
    ("picture", "PATCH"): NEW,
    ("picture-links", "POST"): {"expiring_time_seconds": 300},
    ("organizations", "POST"): NEW,
    ("organization", "PATCH"): NEW,
    ("members", "POST"): lambda world, case: {"user": world.people["stranger"].id},
    ("member", "PATCH"): {"role": "viewer"},
    ("organization-invitations", "POST"): lambda world, case: {"user": world.people["stranger"].id},
    ("mailed-invitation", "POST"): lambda world, case: {"token": world.token},
    ("mailed-invitation-accept", "POST"): lambda world, case: {"token": world.token},
    ("mailed-invitation-decline", "POST"): lambda world, case: {"token": world.token},
    ("alias-register", "POST"): NEWCOMER,
    ("alias-login", "POST"): {"login": LOGIN["email"], "password": PASSWORD},
    ("alias-change-password", "POST"): {"old_password": PASSWORD, "password": PHRASE},
    ("alias-user-images", "POST"): {"image": DOT},
    ("alias-user-image", "PATCH"): NEW,
    ("alias-images-upload", "POST"): {"image": DOT},
    ("restore-all", "POST"): lambda world, case: {"scope": case},
}


def body_of(world: "World", route: str, method: str, case: str) -> dict[str, Any]:
    body = BODIES.get((route, method), {})
    return body(world, case) if callable(body) else body


class World:
    """People in every role, and the owner's pictures: `alone` in no album; in an album that is `private`, `withheld`
    (private although it names the organization), `shared` with the organization, or `public`; or in the `trash`, where
    it came from the shared one. Each has an expiring link."""

    def __init__(self, person: Any, dana: Any) -> None:
        known = [role for role in ROLES if role not in ("anonymous", "expired", "administrator")]
        self.people = {role: person(role) for role in known} | {"administrator": dana}
        self.clients = {role: someone.client for role, someone in self.people.items()} | {"anonymous": APIClient()}
        for someone in self.people.values():
            assert someone.put("/api/profile/avatar/", {"avatar": DOT}).status_code == 200
        owner = self.owner = self.people["owner"]
        owner.use_plan(original=True, expiring_links=True)
        self._share(owner)
        self._make(owner)
        self._end_tokens(owner)
        self._start_tasks(owner)
        self.spare_plan = create_plan(actor=User(is_staff=True), name="Spare", thumbnail_heights=[100]).pk

    def _share(self, owner: Any) -> None:
        studio = Studio(self.people["runner"])
        self.organization = studio.id
        for role in ("viewer", "editor", "former", "deactivated"):
            studio.add(self.people[role], "viewer" if role == "viewer" else "editor")
        studio.add(owner, "owner")
        studio.remove(self.people["former"])
        stranger = self.people["stranger"]
        answer = owner.post(f"/api/organizations/{studio.id}/invitations/", {"user": stranger.id})
        self.invitation = answer.json()["id"]
        self.token = make_token(self.invitation, stranger.email)
        named = {"organization": studio.id}
        self.albums = {
            "private": new_album(owner),
            "withheld": new_album(owner, **named),
            "shared": new_album(owner, visibility="organization", **named),
            "public": new_album(owner, visibility="public"),
        }

    def _make(self, owner: Any) -> None:
        self.pictures, self.links = {}, {}
        for number, case in enumerate(("alone", "private", "withheld", "shared", "public", "trash")):
            picture = self.pictures[case] = owner.upload(pictures.jpeg(40, 30, seed=number)).json()["id"]
            if album := self.albums.get("shared" if case == "trash" else case):
                put_in(owner, album, picture)
            answer = owner.post(f"/api/pictures/{picture}/links/", {"expiring_time_seconds": 300})
            self.links[case] = answer.json()["id"]
        assert owner.delete(f"/api/pictures/{self.pictures['trash']}/").status_code == 204

    def _end_tokens(self, owner: Any) -> None:
        session = Session.objects.get(user_id=owner.id)
        past = timezone.now() - settings.ACCESS_TOKEN_LIFETIME - timedelta(seconds=1)
        pair = tokens.make_pair(user_id=owner.id, session_id=session.pk, refresh_id="x", issued_at=past)
        self.session = session.pk
        self.clients["expired"] = APIClient()
        self.clients["expired"].credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
        closed = self.people["deactivated"].id
        answer = self.people["administrator"].patch(f"/api/users/{closed}/", {"is_active": False})
        assert answer.status_code == 200

    def _start_tasks(self, owner: Any) -> None:
        now = timezone.now()
        work = {"kind": "sweep_files", "arguments": {}, "now": now}
        queued, ended = (start_task(**work, owner_id=owner.id) for _ in range(2))
        assert self.people["administrator"].post(f"/api/tasks/{ended.pk}/cancel/").status_code == 200
        self.tasks = {"queued": queued.pk, "ended": ended.pk, "periodic": start_task(**work, owner_id=None).pk}

    def arguments(self, route: str, role: str, case: str) -> dict[str, Any]:
        """What stands in the path."""
        known = {
            "album_id": self.albums.get("shared" if case == "trash" else case, 0),
            "picture_id": self.pictures.get(case, 0),
            "link_id": self.links.get(case, 0),
            "plan_id": self.spare_plan,
            "owner_id": self.owner.id,
            "avatar": "A" * 22,
            "viewer_id": self.owner.id,
            "expires": 2**32,
            "mac": "A" * 22,
            "task_id": self.tasks.get(case, 0),
            "organization_id": self.organization,
            "invitation_id": self.invitation,
            "session_id": self.session,
            "user_id": self.people["deactivated" if case == "closed" else "owner"].id,
        }
        if route == "link-target":
            return {"token": access.link_token(self.links[case])}
        return {name: known[name] for name in names_in_path(route)}

    def paths(self, route: str, role: str, case: str) -> list[str]:
        """Where the role knocks; signed addresses have two sizes."""
        if route == "signed-file":
            return [self.signed(size, role, case) for size in (200, access.ORIGINAL)]
        query = case if case.startswith("?") else ""
        return [reverse(route, kwargs=self.arguments(route, role, case)) + query]

    def signed(self, size: int | str, role: str, case: str) -> str:
        now = timezone.now()
        if role == "expired":
            now -= timedelta(seconds=3 * settings.SIGNED_URL_PERIOD)
        someone = self.people.get("owner" if role == "expired" else role)
        viewer = User.objects.get(pk=someone.id) if someone else AnonymousUser()
        return access.signed_url(self.pictures[case], size, viewer, now)
