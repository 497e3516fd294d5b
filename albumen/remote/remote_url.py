"""Strict parsing of URLs that may be requested. A URL is parsed once, so what is checked is what is connected to."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna
from django.conf import settings

from albumen.remote.refusals import not_allowed

MAX_LENGTH = 2000
_PORTS = {"http": 80, "https": 443}
# Control characters, all Unicode white space, lone surrogates, and the backslash, which some parsers read as a slash.
_NEVER = re.compile(r"[\x00-\x20\x7f-\xa0\s\\\ud800-\udfff\ufeff]")
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[^\[\]:/?#@%]+))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>(?:[/?][^#]*)?)"
    r"(?:#.*)?",
    re.ASCII | re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# With a last label like this, other parsers read the whole host as an IPv4 address: 127.1, 0x7f000001, 017700000001.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class RemoteURL:
    """A parsed URL: `host` is ASCII, an IPv6 address without brackets; `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Return the value of the Host header (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def join(self, location: str) -> "RemoteURL":
        """Return the target of a redirect. Raises Invalid as `parse_url` does."""
        if _NEVER.search(location):
            raise not_allowed()
        try:
            return parse_url(urljoin(str(self), location))
        except ValueError:  # what stands in brackets is no IP address
            raise not_allowed() from None


def parse_url(url: str) -> RemoteURL:
    """Return an absolute URL in parts, normalized, without its fragment. Raises Invalid if it may not be requested."""
    match = None if len(url) > MAX_LENGTH or _NEVER.search(url) else _URL.fullmatch(url)
    if match is None:
        raise not_allowed()
    scheme = match["scheme"].lower()
    host = _host(match["host"]) if match["host"] else _six(match["six"])
    port = int(match["port"] or _PORTS[scheme])
    target = match["target"] if match["target"].startswith("/") else "/" + match["target"]
    parsed = RemoteURL(scheme, host, port, quote(target, safe="".join(map(chr, range(0x21, 0x7F)))))
    if len(str(parsed)) > MAX_LENGTH or not (port in _PORTS.values() or is_explicitly_allowed(host, port)):
        raise not_allowed()
    return parsed


def is_explicitly_allowed(host: str, port: int) -> bool:
    """Return whether `ALBUMEN_REMOTE_ALLOW` lists host and port; then neither IP address nor port is checked."""
    pair = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return any(pair == allowed.lower() for allowed in settings.REMOTE_ALLOW)


def _host(text: str) -> str:
    """Return a host name or dotted IPv4 address in ASCII and lower case, without a final dot."""
    try:
        host = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except UnicodeError:
        raise not_allowed() from None
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise not_allowed()
    if not _NUMERIC.fullmatch(labels[-1]):
        return host
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        raise not_allowed() from None


def _six(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise not_allowed() from None
