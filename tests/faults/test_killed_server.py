"""What was answered with 201 is whole after the server was killed in the middle of its work."""

import hashlib
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests import pictures
from tests.faults.rounds import ROUNDS
from tests.server import Server

UPLOADS = 40


@pytest.mark.fault
def test_after_a_kill_every_201_is_whole_and_no_row_points_at_nothing(own_server: Server) -> None:
    own_server.start()
    for number in range(ROUNDS):
        kill_in_the_middle_of_uploads(own_server, first=number * UPLOADS)


def kill_in_the_middle_of_uploads(own_server: Server, first: int) -> None:
    alice = own_server.register("alice")
    own_server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise')")
    contents = [pictures.png(500, 300, seed=seed) for seed in range(first, first + UPLOADS)]
    moment = random.randrange(1, UPLOADS - 12)
    kept: dict[int, bytes] = {}
    enough = threading.Event()

    def upload(content: bytes) -> None:
        try:
            answer = alice.post("/api/pictures/", files={"image": ("photo.png", content)})
        except httpx.TransportError:
            return
        if answer.status_code == 201:
            kept[answer.json()["id"]] = content
            if len(kept) >= moment:
                enough.set()

    with ThreadPoolExecutor(8) as threads:
        pending = [threads.submit(upload, content) for content in contents]
        assert enough.wait(60)
        own_server.stop(signal.SIGKILL)
        for one in pending:
            one.result()
    assert moment <= len(kept) < UPLOADS

    own_server.start()
    for picture_id, content in kept.items():
        picture = alice.get(f"/api/pictures/{picture_id}/").json()
        assert picture["sha256"] == hashlib.sha256(content).hexdigest()
        assert httpx.get(picture["original"]).content == content
        for thumbnail in picture["thumbnails"]:
            assert pictures.opened(httpx.get(thumbnail["url"]).content).height == thumbnail["height"]
    rows = own_server.sql("SELECT sha256, bytes FROM library_picture WHERE owner_id = ?", alice.user["id"])
    assert len(rows) >= len(kept)
    for sha256, size in rows:
        original = Path(own_server.data_dir / "media" / "originals" / str(sha256)[:2] / str(sha256))
        assert original.stat().st_size == size
        assert hashlib.sha256(original.read_bytes()).hexdigest() == sha256
    usage = alice.get("/api/profile/").json()["usage"]
    assert usage == {"bytes": sum(int(str(size)) for _, size in rows), "pictures": len(rows)}
    assert "Everything agrees" in own_server.manage("check_integrity", "--deep")
