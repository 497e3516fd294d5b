"""No connection to an address that is not public, however it is written, named, or led to."""

import ipaddress
import os
import socket
import time
from collections.abc import Callable, Iterable

import pytest

from albumen import remote
from albumen.errors import Invalid
from albumen.remote import connections, ip_addresses
from tests import pictures
from tests.remote.conftest import OTHER, PUBLIC, Internet, answer, picture
from tests.remote.vectors import DISGUISED, INSIDE, INSIDE_4, INSIDE_6, NOT_ALLOWED

NO_ANSWER = (
    "No public server answered at the address in time; it is not said why. "
    "Check that the address opens from anywhere on the internet."
)
UNREACHABLE = ("url_unreachable", NO_ANSWER, "/image_url")


def refused(url: str) -> tuple[str, str, str | None]:
    """What both ways to fetch say of the address, which must be the same."""
    written: list[bytes] = []
    says = []
    for fetch in (remote.check_image, lambda url: remote.download_image(url, written.append, limit=10_000_000)):
        with pytest.raises(Invalid) as caught:
            fetch(url)
        says.append((caught.value.code, caught.value.detail, caught.value.pointer))
    assert written == []
    assert says[0] == says[1]
    return says[0]


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def test_there_are_vectors_enough():
    assert len(set(INSIDE)) >= 75
    assert len(set(INSIDE + DISGUISED + NOT_ALLOWED)) >= 250


def each(internet: Internet, vectors: Iterable[str], check: Callable[[str], None]) -> None:
    """Check every vector for itself, on an internet that nobody has used yet; name all those that fail."""
    wrong = []
    for vector in vectors:
        for used in (internet.attempts, internet.lookups, internet.names):
            used.clear()
        try:
            check(vector)
        except (AssertionError, pytest.fail.Exception) as failure:
            wrong.append(f"{vector!a}: {failure}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_address_inside_is_never_connected_to(internet, scheme):
    def check(address):
        assert refused(f"{scheme}://{literal(address)}/a.jpg") == UNREACHABLE
        assert internet.attempts == []

    each(internet, INSIDE, check)


def test_a_name_for_an_address_inside_is_never_connected_to(internet):
    def check(address):
        internet.names["inside.example"] = [address]
        assert refused("http://inside.example/a.jpg") == UNREACHABLE
        assert internet.lookups == ["inside.example"] * 2
        assert internet.attempts == []

    each(internet, INSIDE, check)


def test_one_address_inside_among_public_ones_is_enough(internet):
    def check(address):
        internet.names |= {"first.example": [address, PUBLIC], "last.example": [PUBLIC, OTHER, address]}
        assert refused("http://first.example/a.jpg") == UNREACHABLE
        assert refused("http://last.example/a.jpg") == UNREACHABLE
        assert internet.attempts == []

    each(internet, INSIDE_4[::4] + INSIDE_6[::4], check)


def test_a_redirect_inside_is_not_followed(internet):
    target = ""
    site = internet.serve(lambda _: answer(b"", "302 Found", Location=f"http://{target}/"), "public.example")

    def check(address):
        nonlocal target
        target = literal(address)
        internet.names["public.example"] = [PUBLIC]
        site.asked.clear()
        assert refused("http://public.example/a.jpg") == UNREACHABLE
        assert set(internet.attempts) == {(PUBLIC, 80)}
        assert site.asked

    each(internet, INSIDE, check)


def test_an_address_inside_is_seen_through_its_disguise(internet):
    def check(url):
        assert refused(url) == UNREACHABLE
        assert internet.attempts == internet.lookups == []

    each(internet, DISGUISED, check)


def test_a_text_that_is_no_plain_address_is_not_even_looked_up(internet):
    def check(url):
        code, detail, pointer = refused(url)
        assert (code, pointer) == ("url_not_allowed", "/image_url")
        assert detail.startswith("The address, or one that it redirects to, is not http or https")
        assert internet.attempts == internet.lookups == []

    each(internet, NOT_ALLOWED, check)


def test_every_refusal_of_the_network_reads_the_same(internet):
    internet.names |= {"closed.example": [PUBLIC], "inside.example": ["10.0.0.1"], "nothing.example": []}
    internet.serve(lambda _: b"SSH-2.0-OpenSSH_9.6\r\n", "no-http.example", address=OTHER)
    hosts = ("closed.example", "inside.example", "nothing.example", "unknown.example", "no-http.example")
    assert {refused(f"http://{host}/") for host in hosts} == {UNREACHABLE}


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(internet, monkeypatch):
    internet.serve(picture(pictures.jpeg()), "turning.example")
    steady = internet.resolve

    def turn(host, *args, **options):
        found = steady(host, *args, **options)
        internet.names["turning.example"] = ["127.0.0.1"]
        return found

    monkeypatch.setattr(socket, "getaddrinfo", turn)
    assert remote.check_image("http://turning.example/a.jpg").format == "jpeg"
    assert internet.lookups == ["turning.example"]
    assert internet.attempts == [(PUBLIC, 80)] * 2
    assert refused("http://turning.example/a.jpg") == UNREACHABLE
    assert internet.attempts == [(PUBLIC, 80)] * 2


def test_a_public_address_of_this_machine_is_refused(internet, monkeypatch):
    internet.serve(picture(pictures.jpeg()), "own.example")
    assert remote.check_image("http://own.example/a.jpg")
    tried = len(internet.attempts)
    monkeypatch.setattr(socket.socket, "bind", lambda sock, where: None)  # the kernel: an interface has the address
    assert refused("http://own.example/a.jpg") == UNREACHABLE
    assert len(internet.attempts) == tried


def test_the_machines_own_addresses_are_known():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.55", 9))
        except OSError:
            pytest.skip("no network")
        own = ipaddress.ip_address(probe.getsockname()[0])
    assert ip_addresses._is_local(own)
    assert ip_addresses._is_local(ipaddress.ip_address("127.0.0.1"))
    assert not ip_addresses._is_local(ipaddress.ip_address("8.8.8.8"))
    assert not ip_addresses._is_local(ipaddress.ip_address("2606:4700::1111"))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111"]
)
def test_public_addresses_are_public(address):
    assert ip_addresses.is_public(ipaddress.ip_address(address))


def test_what_python_calls_private_is_never_public():
    networks = [*ipaddress._IPv4Constants._private_networks, *ipaddress._IPv6Constants._private_networks]
    for network in networks:
        for address in (network[0], network[network.num_addresses // 2], network[-1]):
            assert address.is_global or not ip_addresses.is_public(address), address


def test_a_slow_resolver_does_not_hold_the_call(internet, monkeypatch):
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: time.sleep(1))
    began = time.monotonic()
    assert refused("http://slow.example/a.jpg") == UNREACHABLE
    assert time.monotonic() - began < 0.9
    assert internet.attempts == []


def test_a_proxy_of_the_environment_is_not_used(internet, monkeypatch):
    proxy = internet.serve(lambda _: answer(pictures.jpeg(), Content_Type="image/jpeg"))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{proxy.port}")
    internet.names["public.example"] = [PUBLIC]
    assert refused("http://public.example/a.jpg") == UNREACHABLE
    assert refused("https://public.example/a.jpg") == UNREACHABLE
    assert proxy.asked == []


class TestAllowed:
    """`ALBUMEN_REMOTE_ALLOW`: the pair alone, and only its address and port are not asked about."""

    def test_the_pair_is_fetched(self, internet, settings):
        site = internet.serve(picture(pictures.png(), "image/png"))
        url = f"http://127.0.0.1:{site.port}/a.png"
        assert refused(url)[0] == "url_not_allowed"
        settings.REMOTE_ALLOW = [f"127.0.0.1:{site.port}"]
        image = remote.check_image(url)
        assert (image.url, image.format) == (url, "png")
        assert site.asked[0].headers["host"] == f"127.0.0.1:{site.port}"

    def test_a_name_is_allowed_whatever_it_resolves_to(self, internet, settings):
        site = internet.serve(picture(pictures.jpeg()))
        internet.names["images.internal"] = ["127.0.0.1"]
        settings.REMOTE_ALLOW = [f"Images.Internal:{site.port}"]
        assert remote.check_image(f"http://IMAGES.internal:{site.port}/a.jpg").format == "jpeg"

    def test_another_name_for_it_is_not(self, internet, settings):
        site = internet.serve(picture(pictures.jpeg()))
        settings.REMOTE_ALLOW = [f"127.0.0.1:{site.port}", "127.0.0.1:80"]
        internet.names["inside.example"] = ["127.0.0.1"]
        assert refused(f"http://inside.example:{site.port}/a.jpg")[0] == "url_not_allowed"
        assert refused("http://inside.example/a.jpg") == UNREACHABLE
        assert refused(f"http://127.0.0.2:{site.port}/a.jpg")[0] == "url_not_allowed"
        assert refused("http://127.0.0.1:443/a.jpg") == UNREACHABLE
        assert internet.attempts == []

    def test_its_redirects_are_checked(self, internet, settings):
        site = internet.serve(lambda _: answer(b"", "302 Found", Location="http://127.0.0.1/"))
        settings.REMOTE_ALLOW = [f"127.0.0.1:{site.port}"]
        assert refused(f"http://127.0.0.1:{site.port}/a.jpg") == UNREACHABLE
        assert set(internet.attempts) == {site.here}
