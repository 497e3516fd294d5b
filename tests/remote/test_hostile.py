"""What other servers say in bad faith, and how much of it is taken."""

import time

import pytest

from albumen import remote
from albumen.errors import OutOfSpace, TooLarge
from tests.remote.conftest import JPEG, URL, answer, code, download, picture


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
