"""A file that is a picture and a page at once does no harm when it is delivered."""

import pytest

from tests import pictures
from tests.http.library.conftest import body_of

TAIL = b"<html><body><script>alert(document.cookie)</script></body></html>"
POLYGLOTS = {
    "gif": pictures.encode(pictures.noise(60, 40), "GIF", comment=b"*/=1;alert(1)//") + TAIL,
    "png": pictures.png(60, 40) + TAIL,
    "jpeg": pictures.jpeg(60, 40, comment=TAIL) + b"PK\x03\x04" + TAIL,
}


@pytest.mark.parametrize("form", POLYGLOTS)
def test_it_stays_an_image_whatever_it_is_called(alice, anonymous, form):
    alice.use_plan(original=True, expiring_links=True)
    picture = alice.upload(POLYGLOTS[form], name="page.html", expiring_time_seconds=300).json()
    urls = [picture["original"], picture["thumbnails"][0]["url"], picture["expiring_link"]["url"]]
    for url in urls:
        answer = anonymous.get(url, HTTP_ACCEPT="text/html")
        assert answer.headers["Content-Type"].startswith("image/")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        assert "html;" not in answer.headers["Content-Disposition"]
    assert body_of(anonymous.get(urls[0])) == POLYGLOTS[form]
    for url in urls[1:]:
        assert b"<script>" not in body_of(anonymous.get(url))


def test_every_answer_about_a_file_is_harmless(alice, anonymous):
    alice.use_plan(original=True)
    url = alice.upload(POLYGLOTS["gif"]).json()["original"]
    for headers in ({"HTTP_RANGE": "bytes=5-9"}, {"HTTP_RANGE": "bytes=999999-"}, {"HTTP_IF_MATCH": '"x"'}):
        answer = anonymous.get(url, **headers)
        assert answer.status_code in (206, 416, 412)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
