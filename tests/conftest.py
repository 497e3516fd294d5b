"""The people of the tests, and where they act: in this process through Django's handler, or on a real server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from albumen import rates
from albumen.web.settings import PASSWORD_HASHERS
from tests import pictures
from tests.remote_site import Elsewhere
from tests.server import Server

PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """A user and their client. Its calls pass every middleware and view of the service, without a socket."""

    email: str
    client: APIClient
    id: int = 0
    access: str = ""
    refresh: str = ""
    password: str = PASSWORD

    def __post_init__(self) -> None:
        self.get = self.client.get
        self.post = self.client.post
        self.put = self.client.put
        self.patch = self.client.patch
        self.delete = self.client.delete
        self.head = self.client.head

    def sign_in(self, **extra: Any) -> Any:
        """Log in by a request, use the new tokens from now on, and return the answer."""
        answer = APIClient().post("/api/login/", {"email": self.email, "password": self.password}, **extra)
        if answer.status_code == 200:
            body = answer.json()
            self._hold(body["user"]["id"], body["access"], body["refresh"])
        return answer

    def _hold(self, user_id: int, access: str, refresh: str) -> None:
        self.id, self.access, self.refresh = user_id, access, refresh
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    @classmethod
    def as_rows(cls, name: str, **fields: Any) -> "Person":
        """Make somebody who has registered and logged in, by writing the rows that these two requests leave behind:
        the requests would be a third of the tests' time. Their own tests are in tests/http/accounts."""
        from albumen.accounts.models import KnownAddress, Session, User
        from albumen.accounts.services import tokens

        now = timezone.now().replace(microsecond=0)
        someone = cls(f"{name}@example.com", APIClient())
        user = User.objects.create_user(someone.email, someone.password, last_login=now, **fields)
        KnownAddress.objects.create(user=user, address="127.0.0.1", seen_at=now)
        refresh_id = tokens.new_id()
        session = Session.objects.create(
            user=user,
            refresh_hash=tokens.fingerprint(refresh_id),
            token_version=user.token_version,
            address="127.0.0.1",
            created_at=now,
            rotated_at=now,
            last_used_at=now,
        )
        pair = tokens.make_pair(user_id=user.pk, session_id=session.pk, refresh_id=refresh_id, issued_at=now)
        someone._hold(user.pk, pair.access, pair.refresh)
        return someone

    @classmethod
    def by_http(cls, name: str) -> "Person":
        """Make somebody by a registration and a login, for tests of what these do."""
        someone = cls(f"{name}@example.com", APIClient())
        body = {"email": someone.email, "password": someone.password, "first_name": name.title()}
        assert APIClient().post("/api/register/", body).status_code == 201
        assert someone.sign_in().status_code == 200
        return someone

    def upload(self, content: bytes | None = None, *, name: str = "photo.jpg", **fields: Any) -> Any:
        """Upload a picture as a browser's form would, by default a small JPEG, and return the answer."""
        file = pictures.as_file(content if content is not None else pictures.jpeg(), name)
        return self.client.post("/api/pictures/", {"image": file, **fields}, format="multipart")

    def use_plan(self, **changes: Any) -> Any:
        """Make a plan with these fields, give it to this person, and return it."""
        from albumen.accounts.models import User
        from albumen.plans.services import create_plan

        plan = create_plan(
            actor=User(is_staff=True), **{"name": f"Plan of {self.email}", "thumbnail_heights": [200], **changes}
        )
        User.objects.filter(pk=self.id).update(plan=plan)
        return plan


@pytest.fixture(autouse=True)
def _surroundings(settings: Any, tmp_path: Path) -> None:
    """Give each test its own folder for files, no rate limits and no counted attempts, and cheap password hashes.
    WhiteNoise looks static files up when they are asked for, not all of them for each client that is made."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["tests.hashers.CheapHasher", *PASSWORD_HASHERS[1:]]
    settings.WHITENOISE_AUTOREFRESH = True
    settings.RATES = dict.fromkeys(settings.RATES, "0")
    rates._limiter.storage.reset()
    rates._lots.clear()


@pytest.fixture
def full_hashes(_surroundings: None, settings: Any) -> None:
    """Hash passwords as the service does. Name it before the fixtures of the people for whom it shall hold."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


@pytest.fixture
def _built_in_plans(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Put the built-in plans back after a test that commits, since all tables are emptied then."""
    from albumen.plans.models import Plan

    with django_db_blocker.unblock():
        plans = list(Plan.objects.all())
    yield
    with django_db_blocker.unblock():
        Plan.objects.bulk_create(plans)


@pytest.fixture
def committed(_built_in_plans: None, transactional_db: None) -> None:
    """Commit what the test does, so that other threads see it and `on_commit` callbacks run."""


@pytest.fixture
def person(db: None) -> Callable[..., Person]:
    """A function that makes somebody by name, logged in."""

    def make(name: str, **fields: Any) -> Person:
        return Person.as_rows(name, **{"first_name": name.title(), **fields})

    return make


@pytest.fixture
def alice(person: Callable[..., Person]) -> Person:
    """The owner of what a test is about."""
    return person("alice")


@pytest.fixture
def bob(person: Callable[..., Person]) -> Person:
    """Somebody who works with Alice."""
    return person("bob")


@pytest.fixture
def charlie(person: Callable[..., Person]) -> Person:
    """Somebody who is signed in and has nothing to do with Alice."""
    return person("charlie")


@pytest.fixture
def dana(db: None) -> Person:
    """An administrator."""
    return Person.as_rows("dana", is_staff=True, is_superuser=True)


@pytest.fixture
def anonymous(db: None) -> APIClient:
    """A client that is not signed in."""
    return APIClient()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real server without rate limits, for all tests that leave its settings and its process as they are."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.remove()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, not started yet, to configure, kill and start again."""
    server = Server(tmp_path / "data")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Another server, with pictures to link to and to import."""
    site = Elsewhere(tmp_path_factory.mktemp("elsewhere") / "files")
    yield site
    site.stop()
