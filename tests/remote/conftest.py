"""A small internet: names that a DNS of its own resolves, and real servers on loopback that stand for public ones.

The guard is never touched. Replaced are the two things outside of it: `socket.getaddrinfo` answers from a table, and
`socket.connect` counts every attempt and lets nobody out: an address leads to a server here, or refuses.
"""

import ipaddress
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from albumen import remote
from albumen.errors import Invalid
from tests import pictures

PUBLIC = "93.184.215.14"
OTHER = "151.101.1.140"
_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]


def answer(
    body: bytes = b"", status: str = "200 OK", *, length: int | None = None, head: bool = False, **headers: str
) -> bytes:
    """An answer as bytes; header names are written with underscores. `head` leaves the body out."""
    fields = {"Content-Length": str(len(body) if length is None else length)}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + (b"" if head else body)


def picture(content: bytes, media_type: str = "image/jpeg") -> Callable[[Asked], bytes]:
    """A server that has one picture, and knows HEAD and ranges."""

    def reply(asked: Asked) -> bytes:
        if "range" not in asked.headers:
            return answer(content, Content_Type=media_type, head=asked.method == "HEAD")
        start, end = asked.headers["range"].removeprefix("bytes=").split("-")
        part = content[int(start) : int(end) + 1]
        told = f"bytes 0-{len(part) - 1}/{len(content)}"
        return answer(part, "206 Partial Content", Content_Type=media_type, Content_Range=told)

    return reply


class Site:
    """A server on loopback. `reply` says what it sends, byte for byte, for what was asked."""

    def __init__(self, reply: Callable[[Asked], bytes | Iterable[bytes]], context: ssl.SSLContext | None) -> None:
        self.asked: list[Asked] = []
        self.sent = 0
        site = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.settimeout(20)
                try:
                    if context is not None:
                        self.request = context.wrap_socket(self.request, server_side=True)
                    asked = _read_request(self.request)
                    site.asked.append(asked)
                    sends = reply(asked)
                    for part in [sends] if isinstance(sends, bytes) else sends:
                        self.request.sendall(part)
                        site.sent += len(part)
                except OSError:
                    pass
                finally:
                    self.request.close()

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def here(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def methods(self) -> list[str]:
        return [asked.method for asked in self.asked]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _read_request(connection: socket.socket) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4096)
        if not more:
            raise ConnectionError
        data += more
    first, *lines = data.split(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    method, target, _ = first.split(" ")
    return Asked(method, target, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)})


@dataclass
class Internet:
    """`names` is its DNS, `routes` leads public addresses to servers here, `attempts` are all connections tried."""

    names: dict[str, list[str]] = field(default_factory=dict)
    routes: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    attempts: list[tuple[str, int]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)

    def serve(
        self,
        reply: Callable[[Asked], bytes | Iterable[bytes]],
        name: str | None = None,
        *,
        address: str = PUBLIC,
        port: int = 80,
        context: ssl.SSLContext | None = None,
    ) -> Site:
        """A server, by `name` in the DNS as a public one where that is given."""
        site = Site(reply, context)
        self.sites.append(site)
        if name is not None:
            self.names[name] = [address]
            self.routes[address, port] = site.here
        return site

    def connect(self, sock: socket.socket, where: Any) -> None:
        if sock.type & socket.SOCK_STREAM:
            self.attempts.append(where[:2])
        here = self.routes.get(where[:2], where)
        if here not in [site.here for site in self.sites]:
            raise ConnectionRefusedError(111, "Connection refused")
        _connect(sock, here)

    def resolve(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            self.lookups.append(host)
            if host not in self.names:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
            return [found for address in self.names[host] for found in _getaddrinfo(address, port, *args, **options)]
        return list(_getaddrinfo(host, port, *args, **options))


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """An internet for one test, empty at first."""
    internet = Internet()
    monkeypatch.setattr(socket, "getaddrinfo", internet.resolve)

    def connect(sock: socket.socket, where: Any) -> int:
        internet.connect(sock, where)
        return 0

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    yield internet
    for site in internet.sites:
        site.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody trusts, for pictures.example and 93.184.215.14, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    subject = f"-subj /CN=pictures.example -addext subjectAltName=DNS:pictures.example,IP:{PUBLIC}"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 {subject}".split()
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    whole = folder / "both.pem"
    whole.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return whole


JPEG = pictures.jpeg()
URL = "http://public.example/a.jpg"


def code(url: str = URL, fetch=remote.check_image) -> str:
    with pytest.raises(Invalid) as caught:
        fetch(url)
    assert caught.value.pointer == "/image_url"
    return caught.value.code


def download(url: str = URL, limit: int = 10_000_000) -> tuple[remote.RemoteImage, bytes]:
    parts: list[bytes] = []
    image = remote.download_image(url, parts.append, limit=limit)
    return image, b"".join(parts)
