"""A client of `/ws/events/`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.server import Server


class Socket:
    """A client's connection, with messages as objects."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, message: Any) -> None:
        self.connection.send(json.dumps(message))

    def hear(self, seconds: float = 20) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self.connection.recv(timeout=seconds))
        return heard

    def sign_in(self, client: Any, **fields: Any) -> dict[str, Any]:
        """Send the client's token, and return what the server says to it."""
        self.say({"type": "auth", "access": token_of(client), **fields})
        return self.hear()

    def hear_events(self, count: int) -> list[dict[str, Any]]:
        events = [self.hear() for _ in range(count)]
        assert {event["type"] for event in events} <= {"event"}, events
        return events

    def read_to_the_end(self) -> tuple[list[dict[str, Any]], int | None]:
        """Return all messages until the server closes, and the code that it closed with, None where it gave none."""
        heard: list[dict[str, Any]] = []
        while True:
            try:
                heard.append(self.hear())
            except ConnectionClosed as closed:
                return heard, closed.rcvd.code if closed.rcvd else None

    def ended(self) -> int | None:
        """Return the code that the server closes with, None where it gives none."""
        return self.read_to_the_end()[1]


def token_of(client: Any) -> str:
    return str(client.headers["Authorization"]).removeprefix("Bearer ")


@contextmanager
def listening(server: Server, path: str = "/ws/events/", **options: Any) -> Iterator[Socket]:
    """Open a socket to this server, not signed in yet."""
    with connect(f"ws://127.0.0.1:{server.port}{path}", compression=None, **options) as connection:
        yield Socket(connection)
