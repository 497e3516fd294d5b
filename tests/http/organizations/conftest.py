"""Organizations of Alice's, and calls that come at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Person
from tests.http.conftest import let_in


@dataclass
class Club:
    """An organization, and its paths in the API."""

    id: int
    owner: Person

    @property
    def path(self) -> str:
        return f"/api/organizations/{self.id}/"

    @property
    def members(self) -> str:
        return f"{self.path}members/"

    @property
    def invitations(self) -> str:
        return f"{self.path}invitations/"

    def member(self, someone: Person) -> str:
        return f"{self.members}{someone.id}/"

    def add(self, someone: Person, role: str = "viewer") -> None:
        let_in(self.owner, self.id, someone, role)

    def roles(self) -> dict[str, str]:
        """Return the members' names and roles, as `owner` sees them."""
        return {row["name"]: row["role"] for row in self.owner.get(self.members).json()["results"]}


@pytest.fixture
def found() -> Callable[..., Club]:
    """A function that makes an organization."""

    def make(owner: Person, name: str = "Hikers", **fields: Any) -> Club:
        answer = owner.post("/api/organizations/", {"name": name, **fields})
        assert answer.status_code == 201, answer.content
        return Club(answer.json()["id"], owner)

    return make


@pytest.fixture
def club(alice: Person, bob: Person, found: Callable[..., Club]) -> Club:
    """An organization that Alice owns, with Bob as a viewer."""
    made = found(alice, description="On Sundays")
    made.add(bob)
    return made


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """A function that makes calls at the same moment, each in a thread, and returns their results."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(calls))

        def go(call: Callable[[], Any]) -> Any:
            gate.wait()
            return call()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(go, calls))

    return run
