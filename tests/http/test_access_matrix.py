"""Who may do what: every route x method x role x kind of object, in one table.

`MATRIX` has a row for each route name, and in it each method with ten answers, one a role, in the order of `ROLES`.
A method whose answer depends on what it is about has a dict of cases instead: the name of an object (see `World`),
a query string, or whatever `BODIES` knows to tell apart. A code stands for a class of answers, see `CODES`; HEAD is
asked along with every GET.

A new route or method fails `test_every_route_and_method_has_a_row` until it is here. To add one:
1. write its row into `MATRIX`, under the route's name in `urls.py`;
2. where the path has arguments that are not in `World.arguments`, add them there;
3. where success needs a body, write it into `BODIES`: whoever is let in must get a 2xx, not a 400.
Routes of another app go into a table of their own beside `ACCOUNTS`, which `MATRIX` takes in.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import Session, User
from albumen.accounts.services import tokens
from albumen.library import access
from albumen.plans.services import create_plan
from albumen.tasks.services import start as start_task
from tests import pictures
from tests.conftest import PASSWORD
from tests.http.conftest import Studio, new_album, put_in

ROLES = (
    *("anonymous", "expired", "deactivated"),  # The second has a token of the owner's, past its time.
    *(
        "stranger",
        "viewer",
        "editor",
        "runner",
        "former",
    ),  # The runner owns the organization; the former was an editor.
    *("owner", "administrator"),  # The owner of the object.
)
CODES = {
    ".": (200, 201, 202, 204),
    "0": (400,),
    "1": (401,),
    "3": (403,),
    "4": (404,),
    "9": (409,),
    "g": (410,),
    "h": (200, 503),  # How the machine is, for anybody.
}
ANYBODY = "... ..... .."
SIGNED_IN = "111 ..... .."
ADMINISTRATOR = "111 33333 3."
OWNER = "111 44444 .."
NOBODY = "111 44444 44"
SEE = {
    "alone": OWNER,
    "private": OWNER,
    "withheld": OWNER,
    "shared": "111 4...4 ..",
    "public": ".11 ..... ..",
}
CHANGE = {
    "alone": OWNER,
    "private": OWNER,
    "withheld": OWNER,
    "shared": "111 43334 ..",
    "public": "111 33333 ..",
}
FILL = CHANGE | {"shared": "111 43..4 .."}
NAME = {case: codes.replace("4", "0") for case, codes in FILL.items()}  # In a body, what is hidden is bad input.


def of_album(cases: dict[str, str]) -> dict[str, str]:
    return {case: cases[case] for case in ("private", "withheld", "shared", "public")}


ACCOUNTS: dict[str, dict[str, Any]] = {
    "register": {"POST": ANYBODY},
    "login": {"POST": ANYBODY},
    "refresh": {"POST": ANYBODY},
    "logout": {"POST": ANYBODY},
    "logout-all": {"POST": SIGNED_IN},
    "sessions": {"GET": SIGNED_IN},
    "session": {"DELETE": "111 44444 .4"},
    "profile-password": {"POST": SIGNED_IN},
    "password-reset": {"POST": ANYBODY},
    "password-reset-confirm": {"POST": "000 00000 00"},  # Without the mail.
    "users": {"GET": SIGNED_IN},
    "user": {
        "GET": {"open": SIGNED_IN, "closed": "111 44444 4."},
        "PATCH": {"open": ADMINISTRATOR, "closed": "111 44444 4."},
    },
    "user-avatar": {"GET": {"open": SIGNED_IN, "closed": "111 44444 4."}},
    "signed-avatar": {"GET": "333 33333 33"},  # Its address is signed, and this one is not.
    # Last, because files that these remove do not come back with their rows.
    "profile-avatar": {"GET": SIGNED_IN, "PUT": SIGNED_IN, "DELETE": SIGNED_IN},
    "profile": {"GET": SIGNED_IN, "PUT": SIGNED_IN, "PATCH": SIGNED_IN, "DELETE": SIGNED_IN},
}
PLANS = {
    "plans": {"GET": SIGNED_IN, "POST": ADMINISTRATOR},
    "plan": {"GET": SIGNED_IN, "PATCH": ADMINISTRATOR, "DELETE": ADMINISTRATOR},
}
LIBRARY = {
    "albums": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "album": {"GET": of_album(SEE), "PATCH": of_album(CHANGE), "DELETE": of_album(CHANGE)},
    "album-pictures": {"GET": of_album(SEE), "POST": of_album(FILL)},
    "album-picture": {
        "PATCH": {**of_album(FILL), "trash": "111 43444 44"},
        "DELETE": {**of_album(FILL), "trash": "111 43444 44"},
    },
    "pictures": {
        "GET": {"?": SIGNED_IN, "?scope=all": ADMINISTRATOR},
        "POST": {"alone": SIGNED_IN, **of_album(NAME)},
        "DELETE": ADMINISTRATOR,
    },
    "picture": {
        "GET": {**SEE, "trash": NOBODY},
        "PATCH": {**CHANGE, "trash": NOBODY},
        "DELETE": {**CHANGE, "trash": NOBODY},
    },
    "picture-links": {"GET": {**CHANGE, "trash": NOBODY}, "POST": {**CHANGE, "trash": NOBODY}},
    "picture-restore": {"POST": {**dict.fromkeys(SEE, NOBODY), "trash": OWNER}},
    "trash": {"GET": SIGNED_IN},
    "trashed": {"DELETE": {**dict.fromkeys(SEE, NOBODY), "trash": OWNER}},
    "restore-all": {"POST": {"own": SIGNED_IN, "all": ADMINISTRATOR}},
    "links": {"GET": SIGNED_IN},
    "link": {"GET": dict.fromkeys((*SEE, "trash"), OWNER), "DELETE": dict.fromkeys((*SEE, "trash"), OWNER)},
    # Each role has an address that was signed for it; that of `expired` is past its time.
    "signed-file": {
        "GET": {
            **dict.fromkeys(("alone", "private", "withheld"), "434 44444 .."),
            "shared": "434 4...4 ..",
            "public": ".34 ..... ..",
            "trash": "434 44444 44",
        }
    },
    "link-target": {
        "GET": {**dict.fromkeys(SEE, ANYBODY), "trash": "ggg ggggg gg"},
        "POST": {**dict.fromkeys(SEE, ANYBODY), "trash": "ggg ggggg gg"},
    },
}
RUN = "111 333.3 .."
ORGANIZATIONS = {
    "organizations": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "organization": {"GET": SIGNED_IN, "PATCH": RUN, "DELETE": "111 33393 99"},  # It owns albums.
    "members": {"GET": SIGNED_IN, "POST": RUN},
    "member": {"PATCH": RUN, "DELETE": RUN},
    "join": {"POST": "111 3...3 .3"},  # It is closed; members stay what they are.
    "organization-users": {"GET": SIGNED_IN},
}
ALIASES = {
    "alias-register": {"POST": ANYBODY},
    "alias-login": {"POST": ANYBODY},
    "alias-logout": {"POST": SIGNED_IN},
    "alias-change-password": {"POST": SIGNED_IN},
    "alias-profile": {"GET": SIGNED_IN, "PUT": SIGNED_IN, "PATCH": SIGNED_IN},
    "alias-users": ACCOUNTS["users"],
    "alias-me": {"GET": SIGNED_IN},
    "alias-user": ACCOUNTS["user"],
    "alias-user-images": {"GET": SIGNED_IN, "POST": "111 33333 .."},
    "alias-user-image": LIBRARY["picture"],
    "alias-images": {"GET": ADMINISTRATOR, "DELETE": ADMINISTRATOR},
    "alias-images-upload": {"POST": SIGNED_IN},
}
TASKS = {
    "tasks": {"GET": SIGNED_IN},
    "task": {"GET": {"queued": OWNER, "periodic": "111 44444 4."}},
    "task-cancel": {"POST": {"queued": OWNER, "ended": "111 44444 99", "periodic": "111 44444 4."}},
    "import": {"POST": {"alone": SIGNED_IN, **of_album(NAME)}},
    "import-archive": {"POST": SIGNED_IN},
    "album-export": {"POST": {**of_album(SEE), "public": "111 ..... .."}},
    "profile-export": {"POST": SIGNED_IN},
    "export-file": {"GET": "444 44444 44"},  # Its address is signed, and this one is not.
    "task-retry": {"POST": {"queued": "111 44444 99", "ended": OWNER, "periodic": "111 44444 49"}},
}
EVENTS = {"events": {"GET": SIGNED_IN}}
DESCRIPTION = {"index": {"GET": ".11 ..... .."}, "schema": {"GET": ANYBODY}}
PROBES = {
    "healthz": {"GET": ANYBODY},
    "readyz": {"GET": "hhh hhhhh hh"},
    "metrics": {"GET": ANYBODY},  # Whoever asks from an allowed address.
}
MATRIX: dict[str, dict[str, Any]] = {
    **ACCOUNTS,
    **PLANS,
    **ORGANIZATIONS,
    **LIBRARY,
    **ALIASES,
    **TASKS,
    **EVENTS,
    **DESCRIPTION,
    **PROBES,
}

DOT = base64.b64encode(pictures.png(8, 8)).decode()
BODIES: dict[tuple[str, str], Callable[["World", str, str], dict[str, Any]]] = {
    ("register", "POST"): lambda world, role, case: {"email": "erin@example.com", "password": PASSWORD},
    ("login", "POST"): lambda world, role, case: {"email": "stranger@example.com", "password": PASSWORD},
    ("refresh", "POST"): lambda world, role, case: {"refresh": world.people["stranger"].refresh},
    ("logout", "POST"): lambda world, role, case: {"refresh": world.people["stranger"].refresh},
    ("profile", "DELETE"): lambda world, role, case: {"password": PASSWORD},
    ("profile-password", "POST"): lambda world, role, case: {
        "current_password": PASSWORD,
        "new_password": "another long phrase",
    },
    ("profile-avatar", "PUT"): lambda world, role, case: {"avatar": DOT},
    ("password-reset", "POST"): lambda world, role, case: {"email": "owner@example.com"},
    ("password-reset-confirm", "POST"): lambda world, role, case: {
        "uid": "MQ",
        "token": "x",
        "new_password": "another long phrase",
    },
    ("plans", "POST"): lambda world, role, case: {"name": "New", "thumbnail_heights": [100]},
    ("albums", "POST"): lambda world, role, case: {"name": "New"},
    ("album", "PATCH"): lambda world, role, case: {"name": "New"},
    ("album-pictures", "POST"): lambda world, role, case: {"image": DOT},
    ("album-picture", "PATCH"): lambda world, role, case: {"before": None},
    ("pictures", "POST"): lambda world, role, case: (
        {"image": DOT} | ({"album": world.albums[case]} if case in world.albums else {})
    ),
    ("import", "POST"): lambda world, role, case: (
        {"urls": ["http://images.example/a.jpg"]} | ({"album": world.albums[case]} if case in world.albums else {})
    ),
    ("import-archive", "POST"): lambda world, role, case: {"urls": ["http://images.example/a.jpg"]},
    ("picture", "PATCH"): lambda world, role, case: {"name": "New"},
    ("picture-links", "POST"): lambda world, role, case: {"expiring_time_seconds": 300},
    ("organizations", "POST"): lambda world, role, case: {"name": "New"},
    ("organization", "PATCH"): lambda world, role, case: {"name": "New"},
    ("members", "POST"): lambda world, role, case: {"user": world.people["stranger"].id},
    ("member", "PATCH"): lambda world, role, case: {"role": "viewer"},
    ("alias-register", "POST"): lambda world, role, case: {"email": "erin@example.com", "password": PASSWORD},
    ("alias-login", "POST"): lambda world, role, case: {"login": "stranger@example.com", "password": PASSWORD},
    ("alias-change-password", "POST"): lambda world, role, case: {
        "old_password": PASSWORD,
        "password": "another long phrase",
    },
    ("alias-user-images", "POST"): lambda world, role, case: {"image": DOT},
    ("alias-user-image", "PATCH"): lambda world, role, case: {"name": "New"},
    ("alias-images-upload", "POST"): lambda world, role, case: {"image": DOT},
    ("restore-all", "POST"): lambda world, role, case: {"scope": case},
}


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
        self.spare_plan = create_plan(name="Spare", thumbnail_heights=[100]).pk

    def _share(self, owner: Any) -> None:
        studio = Studio(self.people["runner"])
        self.organization = studio.id
        for role in ("viewer", "editor", "former", "deactivated"):
            studio.add(self.people[role], "viewer" if role == "viewer" else "editor")
        studio.add(owner, "owner")
        studio.remove(self.people["former"])
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
            "session_id": self.session,
            "user_id": self.people["deactivated" if case == "closed" else "owner"].id,
        }
        if route == "link-target":
            return {"token": access.link_token(self.links[case])}
        return {name: known[name] for name in _names(route)}

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


def routes() -> Iterator[tuple[str, str, list[str]]]:
    """Name, path and methods of every route of ours that is not a page."""
    for prefix, pattern in _patterns(get_resolver().url_patterns, ""):
        if prefix.startswith(("api/", "files/", "links/", "accounts/", "users/", "images/", *PROBES)):
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
            assert view is not None, f"/{prefix} is no class-based view: this test cannot tell its methods."
            wanted = ("get", "post", "put", "patch", "delete")
            known = [method for method in wanted if hasattr(view, method) and method in view.http_method_names]
            yield pattern.name, prefix, [method.upper() for method in known]


def _patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern
        else:
            yield from _patterns(pattern.url_patterns, prefix + str(pattern.pattern))


def _names(route: str) -> list[str]:
    return [
        name
        for known, pattern in _patterns(get_resolver().url_patterns, "")
        if pattern.name == route
        for name in pattern.pattern.converters
    ]


def cells(methods: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Method, case, role and code, one after another."""
    for method, cases in methods.items():
        for case, codes in ({"": cases} if isinstance(cases, str) else cases).items():
            for role, code in zip(ROLES, codes.replace(" ", ""), strict=True):
                yield method, case, role, code


def test_every_route_and_method_has_a_row():
    for name, path, methods in routes():
        missing = [method for method in methods if method not in MATRIX.get(name, {})]
        assert not missing, f"Say who may {', '.join(missing)} /{path}: MATRIX[{name!r}] in {__name__} lacks it."


def test_every_row_is_a_route():
    known = {(name, method) for name, _, methods in routes() for method in methods}
    stale = {(name, method) for name, methods in MATRIX.items() for method in methods} - known
    assert not stale, f"There is no such route or method: take {stale} out of MATRIX."
    assert len(known) >= 50
    assert not BODIES.keys() - known


@pytest.mark.parametrize(
    "table",
    [ACCOUNTS, PLANS, ORGANIZATIONS, LIBRARY, ALIASES, TASKS, EVENTS, DESCRIPTION, PROBES],
    ids=["accounts", "plans", "organizations", "library", "aliases", "tasks", "events", "api", "probes"],
)
def test_everybody_may_do_what_the_table_says_and_nothing_else(table, person, dana):
    world = World(person, dana)
    wrong = []
    for route, methods in table.items():
        for method, case, role, code in cells(methods):
            for path in world.paths(route, role, case):
                for asked in (method, "HEAD") if method == "GET" else (method,):
                    status = knock(world, route, asked, path, role, case)
                    if status not in CODES[code]:
                        wrong.append(f"{route} {asked} {case or '-'} by {role}: {status}, not {CODES[code]}")
    assert not wrong, "\n".join(wrong)


def knock(world: World, route: str, method: str, path: str, role: str, case: str) -> int:
    """The status of one request, whose effects are taken back."""
    body = BODIES.get((route, method), lambda *_: {})(world, role, case)
    with transaction.atomic():
        kwargs = {"data": body, "format": "json"} if method not in ("GET", "HEAD") else {}
        answer = getattr(world.clients[role], method.lower())(path, **kwargs)
        list(answer)  # A file is closed at its end, and as Django's client does it, without the connection.
        transaction.set_rollback(True)
    return int(answer.status_code)
