"""What other servers say in good faith, and where they lead on."""

import pytest

from albumen import remote
from albumen.remote.remote_url import parse_url
from tests import pictures
from tests.remote.conftest import JPEG, OTHER, PUBLIC, URL, answer, code, download, picture


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
    assert parse_url("http://[2606:4700:0::1111]:80/a").authority == "[2606:4700::1111]"
    assert parse_url("https://[2606:4700:0::1111]:80/a").authority == "[2606:4700::1111]:80"


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
