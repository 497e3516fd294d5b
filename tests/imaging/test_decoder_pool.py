"""The pool of decoders: how many there are, how long they live, and who waits for one."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from albumen import imaging
from albumen.imaging import DecodersBusy, Limits, Target, render
from albumen.imaging.pool import DecoderPool
from tests.imaging.conftest import read_facts
from tests.imaging.decoders import children, let_go

pytestmark = pytest.mark.usefixtures("two_decoders")


def decode(path: Path) -> dict[str, object]:
    """Return what a pool sends a decoder to have a picture decoded, and nothing made of it."""
    return {"kind": "render", "source": str(path), "targets": [], "webp": True}


def test_jobs_beyond_the_workers_wait_and_then_find_it_busy(endless: Path, small: Path) -> None:
    pool = DecoderPool(Limits(decoders=1), wait_seconds=0.2)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.run, decode(endless))
        time.sleep(0.1)
        with pytest.raises(DecodersBusy):
            pool.run(decode(small))
        let_go(endless)
        assert slow.result()["refused"][0] == "not_an_image"
    assert "facts" in pool.run(decode(small))
    pool.close()


def test_never_more_decoders_than_workers(small: Path, tmp_path: Path) -> None:
    seen = []
    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(render, small, [Target(tmp_path / str(n), 20)], webp=True) for n in range(40)]
        while not all(job.done() for job in jobs):
            seen.append(len(children(os.getpid())))
    assert {job.result()[1][0].height for job in jobs} == {20}
    assert max(seen) <= 2


def test_eight_threads_get_each_their_own_picture(tmp_path: Path) -> None:
    def shown(number: int) -> tuple[int, int]:
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (number + 1, 10), (number, 0, 0)).save(path)
        return number, read_facts(path).width

    with ThreadPoolExecutor(8) as threads:
        assert all(width == number + 1 for number, width in threads.map(shown, range(200)))


def test_decoder_is_renewed_after_its_share_of_jobs(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albumen.imaging.pool.COMMANDS_PER_DECODER", 3)
    served = []
    for _ in range(7):
        read_facts(small)
        served.append(tuple(children(os.getpid())))
    assert served[0] == served[1] != served[3] == served[4] != served[6]


def test_shutdown_leaves_no_decoder(small: Path) -> None:
    read_facts(small)
    assert children(os.getpid())
    imaging.shutdown()
    assert not children(os.getpid())
    assert read_facts(small).width == 60


def test_few_threads(small: Path) -> None:
    before = threading.active_count()
    read_facts(small)
    assert children(os.getpid())
    assert threading.active_count() == before
