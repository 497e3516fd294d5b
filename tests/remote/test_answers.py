"""What other servers say, in good faith and in bad."""

import ssl
import time

import pytest

from albumen import remote
from albumen.errors import Invalid, OutOfSpace, TooLarge
from albumen.remote import connections
from albumen.remote.urls import parse_link
from tests import pictures
from tests.remote.conftest import OTHER, PUBLIC, answer, picture

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


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("jpeg", JPEG),
        ("png", pictures.png()),
        ("webp", pictures.encode(pictures.noise(), "WEBP")),
        ("gif", pictures.encode(pictures.noise(), "GIF")),
    ],
)
def test_an_image_is_recognized_by_a_head_and_its_first_bytes(internet, form, content):
    site = internet.serve(picture(content, f"image/{form}; charset=binary"), "public.example")
    image = remote.check_image(URL)
    assert image == remote.RemoteImage(URL, f"image/{form}", form, len(content))
    assert [(asked.method, asked.headers.get("range")) for asked in site.asked] == [
        ("HEAD", None),
        ("GET", "bytes=0-1023"),
    ]
    assert site.sent < 2048


def test_a_download_is_the_image_byte_for_byte(internet):
    content = pictures.jpeg(1500, 1200, quality=97)
    internet.serve(picture(content), "public.example")
    image, written = download()
    assert written == content
    assert image == remote.RemoteImage(URL, "image/jpeg", "jpeg", len(content))


def test_a_request_tells_nothing_but_what_it_wants(internet):
    site = internet.serve(picture(JPEG), "public.example")
    remote.check_image(f"{URL}?size=2&x=/../é")
    assert [asked.target for asked in site.asked] == ["/a.jpg?size=2&x=/../%C3%A9"] * 2
    assert site.asked[0].headers == {
        "host": "public.example",
        "user-agent": "Albumen",
        "accept": "image/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


@pytest.mark.parametrize(
    ("given", "normalized"),
    [
        ("HTTP://Public.EXAMPLE", "http://public.example/"),
        ("http://public.example:80?q#fragment", "http://public.example/?q"),
        ("http://public.example./a%20b.jpg", "http://public.example/a%20b.jpg"),
        ("http://ｐｕｂｌｉｃ.example/ä", "http://public.example/%C3%A4"),  # noqa: RUF001
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
        ("http://under_score.example:443/", "http://under_score.example:443/"),
        (f"http://{PUBLIC}/@a:b", f"http://{PUBLIC}/@a:b"),
    ],
)
def test_the_address_is_kept_normalized(internet, given, normalized):
    for name in ("public.example", "xn--strae-oqa.example", "under_score.example"):
        site = internet.serve(picture(JPEG), name)
        internet.routes[PUBLIC, 443] = site.here
    assert remote.check_image(given).url == normalized


def test_an_ipv6_address_stands_in_brackets_in_the_host_header():
    assert parse_link("http://[2606:4700:0::1111]:80/a").authority == "[2606:4700::1111]"
    assert parse_link("https://[2606:4700:0::1111]:80/a").authority == "[2606:4700::1111]:80"


def test_the_next_address_is_tried_when_one_does_not_answer(internet):
    internet.serve(picture(JPEG), "public.example")
    internet.names["public.example"] = ["2606:4700::1111", OTHER, PUBLIC]
    assert remote.check_image(URL).format == "jpeg"
    assert internet.attempts[:3] == [("2606:4700::1111", 80), (OTHER, 80), (PUBLIC, 80)]


@pytest.mark.parametrize("status", ["405 Method Not Allowed", "501 Not Implemented", "403 Forbidden", "404 Not Found"])
def test_where_head_is_refused_a_ranged_get_decides(internet, status):
    have = picture(JPEG)
    site = internet.serve(lambda it: answer(status=status) if it.method == "HEAD" else have(it), "public.example")
    assert remote.check_image(URL).size == len(JPEG)
    assert site.methods == ["HEAD", "GET"]


def test_a_get_that_refuses_too_is_no_image(internet):
    internet.serve(lambda _: answer(JPEG, "404 Not Found", Content_Type="image/jpeg"), "public.example")
    assert code() == code(fetch=download) == "url_not_an_image"


@pytest.mark.parametrize("media_type", ["text/html", "application/json", "imagejpeg", "text/image/jpeg"])
def test_a_head_that_declares_something_else_ends_it(internet, media_type):
    site = internet.serve(picture(JPEG, media_type), "public.example")
    assert code() == "url_not_an_image"
    assert site.methods == ["HEAD"]
    assert code(fetch=download) == "url_not_an_image"


@pytest.mark.parametrize(
    "media_type",
    ["application/octet-stream", "binary/octet-stream", "Application/Octet-Stream; charset=binary", "", None],
)
def test_a_head_that_says_nothing_is_enough_for_a_copy_and_not_for_a_link(internet, media_type):
    def reply(asked):
        return picture(content, media_type)(asked) if media_type is not None else untyped(asked)

    def untyped(asked):
        return answer(content, head=asked.method == "HEAD")

    content = JPEG
    site = internet.serve(reply, "public.example")
    assert code() == "url_not_an_image"
    assert site.methods == ["HEAD"]
    image, written = download()
    assert (image.format, image.media_type, written) == ("jpeg", "image/jpeg", JPEG)
    content = b"<html>no picture</html>"
    assert code(fetch=download) == "url_not_an_image"


@pytest.mark.parametrize("content", [b"", b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM" + b"\0" * 99])
def test_bytes_that_are_no_accepted_image_contradict_what_was_declared(internet, content):
    internet.serve(lambda it: answer(content, Content_Type="image/jpeg", head=it.method == "HEAD"), "public.example")
    assert code() == code(fetch=download) == "url_not_an_image"


@pytest.mark.parametrize(
    "status", ["204 No Content", "304 Not Modified", "300 Multiple Choices", "500 Oops", "503 No"]
)
def test_any_other_status_is_no_image(internet, status):
    internet.serve(lambda _: answer(status=status, Content_Type="image/jpeg"), "public.example")
    assert code() == code(fetch=download) == "url_not_an_image"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
def test_an_encoded_body_is_not_taken(internet, encoding):
    headers = {"Content_Type": "image/jpeg", "Content_Encoding": encoding}
    internet.serve(lambda it: answer(JPEG, **headers, head=it.method == "HEAD"), "public.example")
    assert code() == code(fetch=download) == "url_not_an_image"


class TestRedirects:
    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
    @pytest.mark.parametrize("location", ["http://other.example/b", "//other.example/b", "/b", "b", "?b"])
    def test_every_kind_leads_on(self, internet, status, location):
        there = picture(JPEG)
        internet.serve(there, "other.example", address=OTHER)

        def reply(asked):
            return there(asked) if "b" in asked.target else answer(status=status, Location=location)

        internet.serve(reply, "public.example")
        assert remote.check_image("http://public.example/a").url == "http://public.example/a"
        assert download("http://public.example/a")[1] == JPEG

    @pytest.mark.parametrize(("hops", "good"), [(3, True), (4, False)])
    def test_three_are_followed(self, internet, hops, good):
        there = picture(JPEG)

        def reply(asked):
            step = int(asked.target[1:])
            return there(asked) if step == hops else answer(status="302 Found", Location=f"/{step + 1}")

        site = internet.serve(reply, "public.example")
        if good:
            assert remote.check_image("http://public.example/0").format == "jpeg"
            assert [asked.target for asked in site.asked] == ["/0", "/1", "/2", "/3", "/3"]
        else:
            assert code("http://public.example/0") == "url_not_an_image"
            assert len(site.asked) == 4

    def test_a_loop_ends(self, internet):
        site = internet.serve(lambda _: answer(status="302 Found", Location=URL), "public.example")
        assert code() == "url_not_an_image"
        assert len(site.asked) == 4

    @pytest.mark.parametrize(
        "location",
        [
            *("file:///etc/passwd", "gopher://127.0.0.1/", "data:image/png;base64,iVBORw0KGgo=", "javascript:1"),
            *("http://u:p@other.example/", "http://other.example:8080/", "http://2130706433/", "//127.1/"),
            *("http://[::1", "http://[::1%25lo]/", "http://a\\@b/", "//other.example\\@x/", "/a b", "/a\tb", "\xff"),
        ],
    )
    def test_an_address_that_may_not_be_asked_ends_it(self, internet, location):
        internet.serve(lambda _: answer(status="302 Found", Location=location), "public.example")
        assert code() == "url_not_allowed"
        assert set(internet.attempts) == {(PUBLIC, 80)}

    def test_one_without_an_address_is_no_image(self, internet):
        internet.serve(lambda _: answer(status="302 Found"), "public.example")
        assert code() == "url_not_an_image"


class TestHostile:
    """Each is over soon, and takes little."""

    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch):
        monkeypatch.setattr(remote, "SECONDS", 1.5)
        monkeypatch.setattr(remote, "DOWNLOAD_SECONDS", 2.0)
        began = time.monotonic()
        yield
        assert time.monotonic() - began < 6

    def test_endless_headers_are_read_up_to_16_kb(self, internet):
        def reply(_):
            yield b"HTTP/1.1 200 OK\r\n"
            while True:
                yield b"X-Filler: " + b"a" * 80 + b"\r\n"

        site = internet.serve(reply, "public.example")
        assert code() == code(fetch=download) == "url_unreachable"
        assert site.sent < 20_000_000

    @pytest.mark.parametrize(("size", "good"), [(15_000, True), (16_400, False), (60_000, False)])
    def test_the_limit_of_headers(self, internet, size, good):
        fields = {"Content_Type": "image/jpeg", "X_Filler": "a" * size}
        internet.serve(lambda it: answer(JPEG, **fields, head=it.method == "HEAD"), "public.example")
        assert remote.check_image(URL).format == "jpeg" if good else code() == "url_unreachable"

    def test_a_flood_of_informational_answers_ends(self, internet):
        def reply(_):
            while True:
                yield b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

        internet.serve(reply, "public.example")
        assert code() == code(fetch=download) == "url_unreachable"

    def test_some_informational_answers_are_passed_over(self, internet):
        have = picture(JPEG)
        internet.serve(lambda it: b"HTTP/1.1 103 Early Hints\r\n\r\n" + have(it), "public.example")
        assert remote.check_image(URL).format == "jpeg"

    def test_of_an_endless_body_the_first_bytes_are_read(self, internet):
        def reply(asked):
            yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
            while asked.method == "GET":
                yield JPEG

        internet.serve(reply, "public.example")
        image = remote.check_image(URL)
        assert (image.format, image.size) == ("jpeg", None)
        with pytest.raises(TooLarge):
            download(limit=1_000_000)

    @pytest.mark.parametrize(
        "before", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"]
    )
    def test_a_slow_drip_runs_out_of_time(self, internet, before):
        def reply(_):
            yield before
            for byte in before + JPEG:
                time.sleep(0.1)
                yield bytes([byte])

        internet.serve(reply, "public.example")
        assert code(fetch=download) == "url_unreachable"
        internet.serve(
            lambda it: answer(Content_Type="image/jpeg") if it.method == "HEAD" else reply(it), "slow.example"
        )
        assert code("http://slow.example/") == "url_unreachable"

    def test_silence_runs_out_of_time(self, internet):
        internet.serve(lambda _: iter(lambda: time.sleep(5) or b"", None), "public.example")
        assert code() == "url_unreachable"

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            JPEG,
            b"<html>HTTP/0.9</html>",
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 999999 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG,
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG,
            b"HTTP/1.1 200 OK\r\nNo colon\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG,
        ],
    )
    def test_what_is_no_http_is_no_server(self, internet, raw):
        internet.serve(lambda _: raw, "public.example")
        assert code() == code(fetch=download) == "url_unreachable"

    def test_chunks_that_are_none_end_it(self, internet):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: image/jpeg\r\n\r\n"
        internet.serve(lambda it: head + (b"zzz\r\n" + JPEG) * (it.method == "GET"), "public.example")
        assert code() == code(fetch=download) == "url_unreachable"

    def test_a_body_shorter_than_declared_is_not_a_download(self, internet):
        internet.serve(lambda _: answer(JPEG, length=len(JPEG) + 1, Content_Type="image/jpeg"), "public.example")
        assert remote.check_image(URL).size == len(JPEG) + 1
        assert code(fetch=download) == "url_unreachable"

    def test_a_body_longer_than_declared_is_cut(self, internet):
        internet.serve(lambda _: answer(JPEG + b"more", length=len(JPEG), Content_Type="image/jpeg"), "public.example")
        assert download()[1] == JPEG

    def test_a_switch_of_protocols_is_no_image(self, internet):
        internet.serve(lambda _: answer(status="101 Switching Protocols", Upgrade="h2c"), "public.example")
        assert code() in {"url_not_an_image", "url_unreachable"}

    def test_no_cookie_is_kept(self, internet):
        have = picture(JPEG)
        redirect = answer(status="302 Found", Location="/b", Set_Cookie="a=b")
        site = internet.serve(lambda it: have(it) if it.target == "/b" else redirect, "public.example")
        remote.check_image(URL)
        assert not any("cookie" in asked.headers or "referer" in asked.headers for asked in site.asked)


class TestLimits:
    def test_a_declared_size_above_the_limit_is_refused_before_a_byte_is_written(self, internet):
        internet.serve(picture(JPEG), "public.example")
        written: list[bytes] = []
        with pytest.raises(TooLarge) as caught:
            remote.download_image(URL, written.append, limit=len(JPEG) - 1)
        assert caught.value.pointer == "/image_url"
        assert written == []

    def test_a_size_of_exactly_the_limit_is_taken(self, internet):
        internet.serve(picture(JPEG), "public.example")
        assert download(limit=len(JPEG))[0].size == len(JPEG)

    def test_what_the_writer_raises_comes_through(self, internet):
        site = internet.serve(picture(JPEG), "public.example")

        def write(_):
            raise OutOfSpace

        with pytest.raises(OutOfSpace):
            remote.download_image(URL, write, limit=10_000_000)
        assert site.methods == ["GET"]

    def test_a_download_has_longer_than_its_head(self, internet, monkeypatch):
        monkeypatch.setattr(remote, "SECONDS", 0.5)
        monkeypatch.setattr(remote, "DOWNLOAD_SECONDS", 10.0)

        def reply(_):
            yield answer(b"", length=len(JPEG), Content_Type="image/jpeg")
            for part in (JPEG[:2000], JPEG[2000:]):
                time.sleep(0.4)
                yield part

        internet.serve(reply, "public.example")
        assert download()[1] == JPEG


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
        connections.tls.cache_clear()
        yield
        connections.tls.cache_clear()

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

    def test_a_redirect_from_https_to_http_is_followed(self, internet, certificate, trusted):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        redirect = answer(status="301 Moved Permanently", Location="http://other.example/b.jpg")
        internet.serve(lambda _: redirect, "pictures.example", port=443, context=context)
        internet.serve(picture(JPEG), "other.example", address=OTHER)
        assert remote.check_image("https://pictures.example/a.jpg").format == "jpeg"

    def test_a_server_that_never_shakes_hands_runs_out_of_time(self, internet, monkeypatch):
        monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.3)
        internet.serve(lambda _: iter(lambda: time.sleep(5) or b"", None), "mute.example", port=443)
        began = time.monotonic()
        assert code("https://mute.example/") == "url_unreachable"
        assert time.monotonic() - began < 2
