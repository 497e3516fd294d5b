"""A store that keeps silent for a while, and the first who wants to put something there."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.http.library.test_at_once import at_once
from tests.http.problems import refused
from tests.storage.test_s3 import noisy, temporary_files, upload


@pytest.fixture
def impatient(own_server, store):
    own_server.env |= {"DJANGO_SETTINGS_MODULE": "tests.storage.settings", "ALBUMEN_STORAGE_URL": store.url}
    own_server.start()
    yield own_server
    store.line.mend()


def look(url):
    """At a thumbnail that is there: another kind would have to be made and stored."""
    return httpx.get(url, headers={"Accept": "image/webp"}, timeout=30)


@pytest.mark.fault
def test_uploads_are_refused_in_the_silence_and_the_first_after_it_is_taken_without_a_pause_for_others(
    impatient, store
):
    alice = impatient.register("alice")
    shown = upload(alice, noisy(21)).json()["thumbnails"][0]["url"]
    store.line.pause = 60
    refused(look(shown), 503, "storage_unavailable")

    answers = at_once(4, lambda number: upload(alice, noisy(22 + number)))

    assert Counter(answer.status_code for answer in answers) == {503: 4}
    for answer in answers:
        refused(answer, 503, "storage_unavailable")
    # One waits to find out, and who comes meanwhile does not.
    assert "it keeps silent" in impatient.log.read_text()
    assert temporary_files(impatient) == []
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 1

    store.line.mend()
    store.line.hold()
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(upload, alice, noisy(22))
        try:
            assert store.line.holding.wait(30)
            assert look(shown).status_code == 200
        finally:
            store.line.mend()
        assert first.result().status_code == 201
