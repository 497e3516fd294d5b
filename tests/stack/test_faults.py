"""What the scaled set-up does while a part of it is away, and how soon it is well again."""

import hashlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from PIL import Image

from tests import pictures
from tests.background.conftest import upload, use_plan
from tests.disks import SmallDisk
from tests.faults.rounds import LONG
from tests.http.problems import refused
from tests.postgres import Unavailable
from tests.server import ROOT, until_ready
from tests.stack.stack import Stack
from tests.test_stop import Visitor, look, naming, uploading

pytestmark = [pytest.mark.fault, pytest.mark.skipif(not LONG, reason="minutes of waiting: make faults")]
# What the documentation promises, in seconds.
SOON, WELL_AGAIN = 2.0, 5.0
WEBP = {"Accept": "image/webp,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def nothing_to_mend(request):
    """Whatever has failed, rows and files agree afterwards."""
    server = request.getfixturevalue(next(name for name in ("crowded", "stack") if name in request.fixturenames))
    yield
    assert "Everything agrees" in server.manage("check_integrity", "--deep")


@pytest.fixture
def crowded(request, tmp_path):
    """A set-up of its own, with one of its folders on a small disk: `request.param` says which, and whether there is a
    store."""
    folder, stored = request.param
    disk = SmallDisk(tmp_path / "stack" / folder)
    try:
        stack = Stack(tmp_path / "stack", webs=1, workers=1, stored=stored)
    except Unavailable as reason:
        disk.remove()
        pytest.skip(f"PostgreSQL cannot be started here: {reason}")
    try:
        stack.start()
        until_ready(stack)
        stack.disk = disk
        yield stack
    finally:
        stack.remove()
        disk.remove()


def send(client, content):
    return client.post("/api/pictures/", files={"image": ("photo.png", content)})


def noisy(seed, side=700):
    """A picture that cannot be made much smaller than its pixels: three bytes each."""
    pixels = random.Random(seed).randbytes(side * side * 3)
    return pictures.encode(Image.frombytes("RGB", (side, side), pixels), "PNG")


def temporary_files(server):
    """What a request left on the disk of the web processes."""
    folder = server.data_dir / "media/incoming"
    return [path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"]


def timed(ask):
    began = time.monotonic()
    return ask(), time.monotonic() - began


def well_again(ask, status, within=WELL_AGAIN):
    deadline = time.monotonic() + within
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
        assert temporary_files(stack) == []
        # A cut one has sent its head and some of its bytes; a slow one may have come to its end, whole.
        for name in stack.store.names("originals"):
            if sha256 in name:
                assert (stack.store.folder / name).read_bytes() == content
    finally:
        stack.store.line.mend()
    well_again(lambda: send(alice, content), 201)
    [picture] = alice.get("/api/pictures/").json()["results"]
    assert httpx.get(picture["original"]).content == content


def test_the_store_keeps_silent_and_lists_go_on(stack):
    alice = stack.register("alice")
    use_plan(stack, alice, "Enterprise")
    url = upload(alice, seed=31)["original"]
    ended = threading.Event()

    def fetch(_):
        while not ended.is_set():
            answer = httpx.get(url, timeout=60)
            if not ended.is_set():
                refused(answer, 503, "storage_unavailable")
            time.sleep(0.5)

    stack.store.line.pause = 60
    with ThreadPoolExecutor(40) as pool:
        fetching = [pool.submit(fetch, number) for number in range(40)]
        try:
            # Who asked first waits until the store has kept silent for too long.
            time.sleep(30)
            for _ in range(100):
                answer, seconds = timed(lambda: alice.get("/api/pictures/"))
                assert answer.status_code == 200
                assert seconds < SOON
        finally:
            ended.set()
            stack.store.line.mend()
    assert [one.result() for one in fetching] == [None] * 40
    well_again(lambda: httpx.get(url, timeout=60), 200, within=20)


@pytest.mark.parametrize("crowded", [("data", False), ("data", True)], ids=["disk", "store"], indirect=True)
def test_the_disk_is_full(crowded):
    alice = crowded.register("alice")
    use_plan(crowded, alice, "Enterprise")
    kept = upload(alice, seed=1)
    content = noisy(seed=22)
    # Nothing at all, half of the temporary file, and all of it but none of the thumbnails.
    for room in (0, len(content) // 2, len(content) + 8192):
        crowded.disk.fill(room=room)
        for _ in range(3):
            refused(send(alice, content), 507, "out_of_space")
            assert temporary_files(crowded) == []
        # What memory does not hold is waited for on the same disk.
        refused(send(alice, content + bytes(40_000_000)), 507, "out_of_space")
        assert [one["id"] for one in alice.get("/api/pictures/").json()["results"]] == [kept["id"]]
        for url in (kept["original"], *(thumbnail["url"] for thumbnail in kept["thumbnails"])):
            assert httpx.get(url, headers=WEBP).status_code == 200
    crowded.disk.empty()
    assert send(alice, content).status_code == 201


@pytest.mark.parametrize("crowded", [("nginx", False)], ids=["nginx"], indirect=True)
def test_the_disk_of_the_proxy_is_full(crowded):
    alice = crowded.register("alice")
    use_plan(crowded, alice, "Enterprise")
    kept = upload(alice, seed=1)
    crowded.disk.fill(room=0)
    # Bodies are passed on as they come.
    assert send(alice, noisy(seed=23)).status_code == 201
    assert len(alice.get("/api/pictures/").json()["results"]) == 2
    assert httpx.get(kept["original"]).status_code == 200
    crowded.disk.empty()
    # nginx cannot hand on what it cannot keep.
    assert httpx.get(kept["thumbnails"][0]["url"], headers=WEBP).status_code == 200


def test_five_hundred_clients_send_a_byte_a_second(stack):
    alice = stack.register("alice")
    dripping = stack.register("bob")
    token = dripping.headers["Authorization"]
    command = [sys.executable, "-m", "tests.stack.slow", str(stack.port), "250", "250", "90", token]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as slow:
        seed = 100
        while slow.poll() is None:
            assert httpx.get(f"{stack.url}/api/plans/").status_code == 401
            assert alice.get("/api/pictures/").status_code == 200
            assert upload(alice, seed=(seed := seed + 1))["id"]
        became = json.loads(slow.stdout.read())
    assert became["heads"] == {"dropped": 250}
    assert became["bodies"] == {"400, dropped": 250}
    assert temporary_files(stack) == []
    assert dripping.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}


def test_gunicorn_and_serve_end_again_and_again_under_load(stack: Stack):
    client = stack.register("alice")
    use_plan(stack, client, "Enterprise")
    token = client.headers["Authorization"]
    visitors = [Visitor(stack, keep_alive=True, pause=0.02, ask=look) for _ in range(6)]
    visitors += [Visitor(stack, keep_alive=True, pause=0.02, ask=uploading(token)) for _ in range(3)]
    visitors += [Visitor(stack, keep_alive=keep, pause=0.02, ask=naming(token)) for keep in (True, True, False)]
    for visitor in visitors:
        visitor.start()
    for number in (0, 1) * 5:
        time.sleep(1)
        stack.webs[number].send_signal(signal.SIGTERM)
        stack.serves[number].send_signal(signal.SIGTERM)
        stack.webs[number].wait(timeout=40)
        stack.serves[number].wait(timeout=40)
        stack.restart_web(number)
        stack.restart_serve(number)
    for visitor in visitors:
        visitor.ended.set()
    for visitor in visitors:
        visitor.join(60)
    outcomes = sum((visitor.outcomes for visitor in visitors), Counter())
    assert set(outcomes) == {201, 401}, outcomes
