"""What the files on organizations share."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Person


@dataclass
class Club:
    """An organization, and the paths of it."""

    id: int
    owner: Person

    @property
    def path(self) -> str:
        return f"/api/organizations/{self.id}/"

    @property
    def members(self) -> str:
        return f"{self.path}members/"

    def member(self, someone: Person) -> str:
        return f"{self.members}{someone.id}/"

    def add(self, someone: Person, role: str = "viewer") -> None:
        answer = self.owner.post(self.members, {"user": someone.id, "role": role})
        assert answer.status_code == 201, answer.content

    def roles(self) -> dict[str, str]:
        """Names and roles, as the owner's list has them, an administrator's where the owner is gone."""
        return {row["name"]: row["role"] for row in self.owner.get(self.members).json()["results"]}


@pytest.fixture
def found() -> Callable[..., Club]:
    """Somebody makes an organization."""

    def make(owner: Person, name: str = "Hikers", **fields: Any) -> Club:
        answer = owner.post("/api/organizations/", {"name": name, **fields})
        assert answer.status_code == 201, answer.content
        return Club(answer.json()["id"], owner)

    return make


@pytest.fixture
def club(alice: Person, bob: Person, found: Callable[..., Club]) -> Club:
    """Alice owns it, and Bob is a viewer."""
    made = found(alice, description="On Sundays")
    made.add(bob)
    return made


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Makes the calls at the same moment, each in a thread; answers what came of them."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(calls))

        def go(call: Callable[[], Any]) -> Any:
            gate.wait()
            return call()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(go, calls))

    return run
