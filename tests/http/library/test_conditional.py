"""Conditional and Range requests for files (RFC 9110, sections 13 and 14), and the headers around them."""

import pytest

from tests import pictures
from tests.http.library.conftest import body_of

CONTENT = pictures.png()
SIZE = len(CONTENT)


@pytest.fixture
def url(alice):
    alice.use_plan(original=True)
    return alice.upload(CONTENT).json()["original"]


@pytest.fixture
def etag(anonymous, url):
    return anonymous.get(url).headers["ETag"]


def test_a_whole_answer_says_what_it_is(anonymous, url):
    answer = anonymous.get(url)
    assert (answer.status_code, body_of(answer)) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"].startswith("private")
    assert "Set-Cookie" not in answer.headers


def test_head_says_the_same_without_a_body(anonymous, url):
    whole, head = anonymous.get(url), anonymous.head(url)
    assert (head.status_code, head.content) == (200, b"")
    named = ("Content-Type", "Content-Length", "ETag", "Content-Disposition", "Cache-Control", "Accept-Ranges")
    assert [head.headers[name] for name in named] == [whole.headers[name] for name in named]


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=5-", (5, SIZE - 1)),
        ("bytes=-5", (SIZE - 5, SIZE - 1)),
        ("bytes=0-0", (0, 0)),
        (f"bytes={SIZE - 1}-", (SIZE - 1, SIZE - 1)),
        (f"bytes=10-{SIZE * 9}", (10, SIZE - 1)),
        (f"bytes=-{SIZE * 9}", (0, SIZE - 1)),
    ],
)
def test_a_part_is_exactly_what_was_asked_for(anonymous, url, asked, span):
    answer = anonymous.get(url, HTTP_RANGE=asked)
    assert answer.status_code == 206
    assert body_of(answer) == CONTENT[span[0] : span[1] + 1]
    assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1]}/{SIZE}"
    assert answer.headers["Content-Length"] == str(span[1] - span[0] + 1)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE * 2}-{SIZE * 3}"])
def test_a_part_beyond_the_end_cannot_be_had(anonymous, url, asked):
    answer = anonymous.get(url, HTTP_RANGE=asked)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-4,6-9", "bytes=9-0", "bytes=-", "bytes=x-", "lines=0-9", "bytes 0-9", "bytes=0-" + "9" * 40]
)
def test_what_is_no_single_span_gives_all(anonymous, url, asked):
    answer = anonymous.get(url, HTTP_RANGE=asked)
    assert answer.status_code in ((200, 206) if asked.startswith("bytes=0-9") else (200,))
    assert body_of(answer) == CONTENT


def test_a_part_is_given_only_while_the_file_is_the_one_that_was_begun(anonymous, url, etag):
    assert anonymous.get(url, HTTP_RANGE="bytes=0-9", HTTP_IF_RANGE=etag).status_code == 206
    for condition in ('"other"', f"W/{etag}", "Wed, 01 Jan 2025 00:00:00 GMT"):
        answer = anonymous.get(url, HTTP_RANGE="bytes=0-9", HTTP_IF_RANGE=condition)
        assert (answer.status_code, body_of(answer)) == (200, CONTENT)


def test_who_has_it_already_gets_nothing_again(anonymous, url, etag):
    for known in (etag, f"W/{etag}", f'"a", {etag}', "*"):
        answer = anonymous.get(url, HTTP_IF_NONE_MATCH=known)
        assert (answer.status_code, body_of(answer), answer.headers["ETag"]) == (304, b"", etag)
    assert anonymous.head(url, HTTP_IF_NONE_MATCH=etag).status_code == 304
    assert anonymous.get(url, HTTP_IF_NONE_MATCH='"other"').status_code == 200
    assert anonymous.get(url, HTTP_IF_NONE_MATCH=etag, HTTP_RANGE="bytes=0-9").status_code == 304


def test_who_wants_another_one_gets_none(anonymous, url, etag):
    assert anonymous.get(url, HTTP_IF_MATCH='"other"').status_code == 412
    assert anonymous.get(url, HTTP_IF_MATCH=f'"other", {etag}').status_code == 200
    assert anonymous.get(url, HTTP_IF_MATCH="*").status_code == 200


def test_every_form_and_size_has_its_own_validator(alice, anonymous):
    alice.use_plan(name="Another", thumbnail_heights=[100, 200], original=True)
    picture = alice.upload(CONTENT).json()
    urls = [*(thumbnail["url"] for thumbnail in picture["thumbnails"]), picture["original"]]
    etags = [
        anonymous.get(url, HTTP_ACCEPT=accept).headers["ETag"] for url in urls for accept in ("*/*", "image/webp")
    ]
    assert len(set(etags)) == 5
    etags = [anonymous.get(url).headers["ETag"] for url in urls]
    assert etags == [anonymous.get(url).headers["ETag"] for url in urls]


def test_a_file_larger_than_one_block_comes_whole_and_in_parts(alice, anonymous):
    alice.use_plan(name="Another", original=True)
    content = pictures.png(900, 700)
    assert len(content) > 600_000
    url = alice.upload(content).json()["original"]
    assert body_of(anonymous.get(url)) == content
    assert body_of(anonymous.get(url, HTTP_RANGE="bytes=100-599999")) == content[100:600_000]
