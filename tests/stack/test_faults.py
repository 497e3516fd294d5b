"""What the scaled set-up does while a part of it is away, and how soon it is well again."""

import hashlib
import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from PIL import Image

from tests import pictures
from tests.background.conftest import upload, use_plan
from tests.faults.rounds import LONG
from tests.http.problems import refused
from tests.stack.stack import Stack
from tests.test_stop import Visitor, look, uploading

pytestmark = [pytest.mark.fault, pytest.mark.skipif(not LONG, reason="minutes of waiting: make faults")]
# What the documentation promises, in seconds.
SOON, WELL_AGAIN = 2.0, 5.0


@pytest.fixture(autouse=True)
def nothing_to_mend(request):
    """Whatever has failed, rows and files agree afterwards."""
    server = request.getfixturevalue("stack")
    yield
    assert "Everything agrees" in server.manage("check_integrity", "--deep")


def send(client, content):
    return client.post("/api/pictures/", files={"image": ("photo.png", content)})


def noisy(seed, side=700):
    """A picture that cannot be made much smaller than its pixels: three bytes each."""
    pixels = random.Random(seed).randbytes(side * side * 3)
    return pictures.encode(Image.frombytes("RGB", (side, side), pixels), "PNG")


def drafts(server):
    """What a request left on the disk of the web processes."""
    folder = server.data_dir / "media/incoming"
    return [path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"]


def timed(ask):
    began = time.monotonic()
    return ask(), time.monotonic() - began


def well_again(ask, status):
    deadline = time.monotonic() + WELL_AGAIN
    while (answer := ask()).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)


def test_the_database_is_away_for_half_a_minute(stack):
    alice = stack.register("alice")
    with stack.without_database():
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: timed(lambda: alice.get("/api/pictures/")), range(8)))
            for answer, seconds in answers:
                refused(answer, 503, "database_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
                assert seconds < SOON
            assert httpx.get(f"{stack.url}/healthz").status_code == 200
            assert httpx.get(f"{stack.url}/readyz", timeout=10).status_code == 503
    well_again(lambda: alice.get("/api/pictures/"), 200)
    assert all(alice.get("/api/pictures/").status_code == 200 for _ in range(20))


def test_redis_is_away(stack):
    alice = stack.register("alice")
    stack.redis.stop()
    try:
        assert alice.get("/api/pictures/").status_code == 200
        assert upload(alice)["id"]
        body = {"email": "nobody@example.com", "password": "a guess"}
        refused(httpx.post(f"{stack.url}/api/login/", json=body), 503, "attempts_not_counted")
    finally:
        stack.redis.start()
    well_again(lambda: httpx.post(f"{stack.url}/api/login/", json=body), 401)


def test_the_store_is_away(stack):
    alice = stack.register("alice")
    picture = upload(alice)
    url = picture["thumbnails"][0]["url"]
    assert httpx.get(url).status_code == 200
    stack.store.line.cut(0)
    try:
        assert alice.get(f"/api/pictures/{picture['id']}/").status_code == 200
        answer = alice.post("/api/pictures/", files={"image": ("a.jpg", pictures.jpeg(seed=9))})
        refused(answer, 503, "storage_unavailable")
        time.sleep(5)
        refused(httpx.get(url), 503, "storage_unavailable")
    finally:
        stack.store.line.mend()
    well_again(lambda: httpx.get(url), 200)
    assert upload(alice, seed=9)["id"]


@pytest.mark.parametrize(("room", "pause", "bound"), [(400_000, 0.0, 10), (None, 10.0, 30)], ids=["cut", "slow"])
def test_the_store_fails_in_the_middle_of_an_upload(stack, room, pause, bound):
    alice = stack.register("alice")
    use_plan(stack, alice, "Enterprise")
    content = noisy(seed=21)
    sha256 = hashlib.sha256(content).hexdigest()
    if pause:
        stack.store.line.pause = pause
    else:
        stack.store.line.cut(room)
    try:
        answer, seconds = timed(lambda: send(alice, content))
        refused(answer, 503, "storage_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert seconds < bound
        assert alice.get("/api/pictures/").json()["results"] == []
        assert drafts(stack) == []
        # A cut one has sent its head and some of its bytes; a slow one may have come to its end, whole.
        for name in stack.store.names("originals"):
            if sha256 in name:
                assert (stack.store.folder / name).read_bytes() == content
    finally:
        stack.store.line.mend()
    well_again(lambda: send(alice, content), 201)
    [picture] = alice.get("/api/pictures/").json()["results"]
    assert httpx.get(picture["original"]).content == content


def test_gunicorn_ends_again_and_again_under_load(stack: Stack):
    client = stack.register("alice")
    use_plan(stack, client, "Enterprise")
    token = client.headers["Authorization"]
    visitors = [Visitor(stack, keep_alive=True, pause=0.02, ask=look) for _ in range(6)]
    visitors += [Visitor(stack, keep_alive=True, pause=0.02, ask=uploading(token)) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    for number in (0, 1) * 3:
        time.sleep(1)
        stack.webs[number].send_signal(signal.SIGTERM)
        stack.webs[number].wait(timeout=40)
        stack.restart_web(number)
    for visitor in visitors:
        visitor.ended.set()
    for visitor in visitors:
        visitor.join(60)
    outcomes = sum((visitor.outcomes for visitor in visitors), Counter())
    assert set(outcomes) == {201, 401}, outcomes
