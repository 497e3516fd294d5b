"""Fetching over TLS."""

import ssl
import time

import pytest

from albumen import remote
from albumen.remote import connections
from tests.remote.conftest import JPEG, OTHER, PUBLIC, answer, code, picture


class TestTls:
    """Certificate and host name are verified; the name goes along (SNI), although an address is connected to."""

    @pytest.fixture
    def secure(self, internet, certificate):
        """A site for pictures.example and wrong.example on port 443, and the names that it was asked for."""
        asked_names: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda sock, name, context: asked_names.append(name)
        site = internet.serve(picture(JPEG), "pictures.example", port=443, context=context)
        internet.names["wrong.example"] = [PUBLIC]
        return site, asked_names

    @pytest.fixture
    def trusted(self, certificate, monkeypatch):
        """This machine trusts the certificate, as its administrator would have it."""
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        connections.tls_context.cache_clear()
        yield
        connections.tls_context.cache_clear()

    def test_a_certificate_that_nobody_signed_is_refused(self, internet, secure):
        site, names = secure
        assert code("https://pictures.example/a.jpg") == "url_unreachable"
        assert names == ["pictures.example"]
        assert site.asked == []

    def test_a_trusted_one_is_taken(self, internet, secure, trusted):
        site, names = secure
        assert remote.check_image("https://pictures.example/a.jpg").url == "https://pictures.example/a.jpg"
        assert remote.check_image(f"https://{PUBLIC}/a.jpg").format == "jpeg"
        assert set(internet.attempts) == {(PUBLIC, 443)}
        assert names[:2] == ["pictures.example"] * 2
        assert site.asked[0].headers["host"] == "pictures.example"

    def test_a_trusted_one_of_another_host_is_refused(self, internet, secure, trusted):
        site, names = secure
        assert code("https://wrong.example/a.jpg") == "url_unreachable"
        assert names == ["wrong.example"]
        assert site.asked == []

    def test_a_redirect_from_https_to_http_is_refused(self, internet, certificate, trusted):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        redirect = answer(status="301 Moved Permanently", Location="http://other.example/b.jpg")
        internet.serve(lambda _: redirect, "pictures.example", port=443, context=context)
        internet.serve(picture(JPEG), "other.example", address=OTHER)
        assert code("https://pictures.example/a.jpg") == "url_insecure_redirect"
        assert (OTHER, 80) not in internet.attempts

    def test_a_server_that_never_shakes_hands_runs_out_of_time(self, internet, monkeypatch):
        monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.3)
        internet.serve(lambda _: iter(lambda: time.sleep(5) or b"", None), "mute.example", port=443)
        began = time.monotonic()
        assert code("https://mute.example/") == "url_unreachable"
        assert time.monotonic() - began < 2
