"""The SSRF guard: a host name is resolved once, and only the IP addresses that were checked are connected to.

`socket.getaddrinfo` is the only resolver, so tests replace it here to have a DNS of their own.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpcore

from albumen.errors import Unavailable
from albumen.remote.ip_addresses import Address, is_public
from albumen.remote.refusals import unreachable
from albumen.remote.remote_url import is_explicitly_allowed

CONNECT_SECONDS = 3.0
HEAD_BYTES = 16 * 1024
# A DNS lookup cannot be interrupted, so each runs in a thread, and this limits how many can be left running.
_lookups = threading.BoundedSemaphore(32)


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings; certificates and host names are verified."""
    return httpcore.default_ssl_context()


class Budget:
    """Limits of one check or download: seconds in total, and bytes of a response's headers."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self._head: int | None = None

    def extend(self, seconds: float) -> None:
        """Change the limit in seconds, which still counts from the beginning."""
        self._seconds = seconds

    def seconds(self, at_most: float = float("inf")) -> float:
        """Return the seconds that the next step may take. Raises Invalid if none are left."""
        left = self._began + self._seconds - time.monotonic()
        if left <= 0:
            raise unreachable()
        return min(left, at_most)

    def expect_head(self) -> None:
        """Count the bytes that arrive from now on as headers, those of informational responses (1xx) included."""
        self._head = HEAD_BYTES

    def end_head(self) -> None:
        self._head = None

    def readable(self, size: int) -> int:
        """Return how many of `size` bytes may be read now. Raises Invalid if the headers are too long."""
        if self._head is None:
            return size
        if self._head <= 0:
            raise unreachable()
        return min(size, self._head)

    def count(self, size: int) -> None:
        if self._head is not None:
            self._head -= size


class SSRFGuard(httpcore.NetworkBackend):
    """Opens every connection, and only to public IP addresses or to what `ALBUMEN_REMOTE_ALLOW` lists."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._tcp = httpcore.SyncBackend()
        self._checked: dict[tuple[str, int], list[Address]] = {}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        if (host, port) not in self._checked:
            self._checked[host, port] = self._check(host, port)
        for address in self._checked[host, port]:
            try:
                stream = self._tcp.connect_tcp(str(address), port, self._budget.seconds(CONNECT_SECONDS))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            return _Stream(stream, self._budget)
        raise unreachable()

    def _check(self, host: str, port: int) -> list[Address]:
        """Return the host's IP addresses. Raises Invalid if there are none or any of them is not public."""
        addresses = _resolve(host, port, self._budget.seconds(CONNECT_SECONDS))
        if is_explicitly_allowed(host, port) or all(is_public(address) for address in addresses):
            return addresses
        raise unreachable()


class _Stream(httpcore.NetworkStream):
    """A connection under a budget, which a server cannot prolong by sending a byte now and then."""

    def __init__(self, stream: httpcore.NetworkStream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(self._budget.readable(max_bytes), self._budget.seconds())
        self._budget.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._budget.seconds())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._budget.seconds(CONNECT_SECONDS))
        return _Stream(stream, self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Return the IP addresses of a host name or of an IP address as text, in the resolver's order. Raise Invalid if
    there are none in time."""
    if not _lookups.acquire(timeout=seconds):
        raise Unavailable
    result: Future[list[Address]] = Future()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            result.set_result(list(dict.fromkeys(ip_address(str(address[0])) for *_, address in found)))
        except BaseException as error:
            result.set_exception(error)
        finally:
            _lookups.release()

    try:
        threading.Thread(target=look_up, name="lookup", daemon=True).start()
    except RuntimeError:  # no more threads
        _lookups.release()
        raise Unavailable from None
    try:
        addresses = result.result(seconds)
    except (OSError, ValueError):  # a timeout is an OSError too
        addresses = []
    if not addresses:
        raise unreachable()
    return addresses
