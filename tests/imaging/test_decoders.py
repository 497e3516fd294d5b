"""Decoder processes die, hang and grow alone: the server and every other job go on."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from albumen import imaging
from albumen.imaging import DecodersBusy, Limits, Refused, Target, render
from albumen.imaging.pool import DecoderPool

from .conftest import read_facts

ROOT = Path(imaging.__file__).parents[2]


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that keeps its decoder at work until `let_go` writes to it: a named pipe."""
    path = tmp_path / "endless"
    os.mkfifo(path)
    return path


def let_go(endless: Path) -> None:
    endless.write_bytes(b"no picture after all")


@pytest.fixture(autouse=True)
def _fresh(limits: Callable[[Limits], None]) -> None:
    limits(Limits(decoders=2))


def children(of: int) -> list[int]:
    """The decoders whose parent is that process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == of and b"albumen.imaging.decoder" in command:
            found.append(int(stat.parent.name))
    return found


def decode(path: Path) -> dict[str, object]:
    """Return what a pool sends a decoder to have a picture decoded, and nothing made of it."""
    return {"kind": "render", "source": str(path), "targets": [], "webp": True}


def wait_until(holds: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.jpg"
    Image.new("RGB", (60, 40), (10, 200, 30)).save(path)
    return path


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_job_whose_decoder_dies_is_refused_and_the_next_one_works(how: int, endless: Path, small: Path) -> None:
    read_facts(small)
    (decoder,) = children(os.getpid())
    with ThreadPoolExecutor(1) as threads:
        job = threads.submit(render, endless, [], webp=True)
        time.sleep(0.2)
        assert not job.done()
        os.kill(decoder, how)
        with pytest.raises(Refused) as caught:
            job.result()
    assert caught.value.code == "undecodable"
    assert read_facts(small).width == 60
    assert decoder not in children(os.getpid())


def test_death_of_a_decoder_leaves_the_other_job_alone(endless: Path, small: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "doomed")
    with ThreadPoolExecutor(2) as threads:
        read_facts(small)
        (first,) = children(os.getpid())
        victim = threads.submit(read_facts, tmp_path / "doomed")
        time.sleep(0.1)
        other = threads.submit(read_facts, endless)
        assert wait_until(lambda: len(children(os.getpid())) == 2)
        time.sleep(0.3)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(Refused, match="undecodable"):
            victim.result()
        assert not other.done()
        let_go(endless)
        with pytest.raises(Refused, match="not_an_image"):
            other.result()


def test_idle_decoder_that_was_killed_is_replaced_unseen(small: Path) -> None:
    read_facts(small)
    (decoder,) = children(os.getpid())
    os.kill(decoder, signal.SIGKILL)
    assert wait_until(lambda: not runs(decoder))
    assert read_facts(small).height == 40


def test_job_over_its_time_is_killed(endless: Path, small: Path) -> None:
    imaging.configure(Limits(seconds=0.3, decoders=1))
    read_facts(small)
    (decoder,) = children(os.getpid())
    started = time.monotonic()
    with pytest.raises(Refused) as caught:
        render(endless, [], webp=True)
    assert caught.value.code == "undecodable"
    assert "too long" in caught.value.detail
    assert time.monotonic() - started < 1
    assert not runs(decoder)
    assert read_facts(small).width == 60


def test_picture_that_takes_too_much_memory_is_refused(tmp_path: Path, small: Path) -> None:
    turned = tmp_path / "progressive.jpg"
    Image.new("RGB", (6000, 6000)).save(turned, progressive=True)
    target = Target(tmp_path / "large", 4096)
    imaging.configure(Limits(decoders=1))
    assert render(turned, [target], webp=False)[1][0].height == 4096
    imaging.configure(Limits(memory_mb=160, decoders=1))
    with pytest.raises(Refused) as caught:
        render(turned, [target], webp=False)
    assert caught.value.code == "undecodable"
    assert not target.path.exists()
    assert read_facts(small).width == 60


def test_webp_that_takes_too_much_memory_is_not_said_to_be_damaged_alone(tmp_path: Path) -> None:
    source = tmp_path / "large.webp"
    Image.new("RGB", (6000, 6000)).save(source, lossless=True, quality=0, method=0)
    imaging.configure(Limits(memory_mb=240, decoders=1))
    with pytest.raises(Refused, match=r"undecodable: .* takes too much memory"):
        render(source, [], webp=False)


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


def test_decoders_know_none_of_the_servers_secrets(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBUMEN_SECRET_KEY", "hush-hush-hush")
    read_facts(small)
    (decoder,) = children(os.getpid())
    assert b"hush-hush-hush" not in Path(f"/proc/{decoder}/environ").read_bytes()


SERVER = """
    import sys, threading, time
    sys.path.insert(0, {root!r})
    from pathlib import Path
    from albumen import imaging
    imaging.configure(imaging.Limits(decoders=2))
    imaging.render(Path({small!r}), [], webp=True)
    {then}
"""


@pytest.fixture
def serve(small: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a process that uses decoders and prints a line once it has done so."""
    started = []

    def start(then: str) -> subprocess.Popen[bytes]:
        code = textwrap.dedent(SERVER).format(root=str(ROOT), small=str(small), then=then)
        server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        started.append(server)
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        return server

    yield start
    for server in started:
        server.kill()
        server.wait()
        server.stdout.close()


def test_killed_server_leaves_no_orphan(serve: Callable[[str], subprocess.Popen[bytes]], endless: Path) -> None:
    busy = f"threading.Thread(target=imaging.render, args=(Path({str(endless)!r}), []), kwargs=dict(webp=True))"
    server = serve(f"{busy}.start(); print('ready', flush=True); time.sleep(60)")
    decoders = children(server.pid)
    time.sleep(0.2)
    assert len(decoders) == 1
    server.kill()
    started = time.monotonic()
    assert wait_until(lambda: not any(map(runs, decoders)), 5)
    assert time.monotonic() - started < 0.5, "a decoder must not finish its job first"


def test_server_that_stops_leaves_no_decoder(serve: Callable[[str], subprocess.Popen[bytes]]) -> None:
    server = serve("print('ready', flush=True); time.sleep(.3)")
    decoders = children(server.pid)
    assert len(decoders) == 1
    assert server.wait(10) == 0
    assert wait_until(lambda: not any(map(runs, decoders)), 2)


def test_forked_worker_has_its_own_decoders(serve: Callable[[str], subprocess.Popen[bytes]], small: Path) -> None:
    forked = (
        "import os; child = os.fork()\n"
        f"if child == 0: imaging.render(Path({str(small)!r}), [], webp=True)\n"
        "if child == 0: print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    server = serve(forked)
    (theirs,) = children(server.pid)
    worker = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[-1])
    (mine,) = children(worker)
    server.kill()
    assert wait_until(lambda: not runs(theirs), 3), "the forked worker must not keep its parent's decoder alive"
    assert runs(mine)
    os.kill(worker, signal.SIGKILL)
    assert wait_until(lambda: not runs(mine), 3)


def test_server_never_loads_the_image_library(small: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from albumen import imaging as i\n"
        f"i.render(Path({str(small)!r}), [i.Target(Path({str(tmp_path / 'made')!r}), 20)], webp=True)\n"
        f"i.strip(Path({str(small)!r}), Path({str(tmp_path / 'copy')!r}))\n"
        "print([name for name in sys.modules if name.startswith(('pyvips', '_libvips', 'PIL', 'django'))])\n"
        "print('libvips' in Path('/proc/self/maps').read_text())\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split("\n")[:2] == ["[]", "False"]
    assert shown.stderr == ""


def test_few_threads(small: Path) -> None:
    before = threading.active_count()
    read_facts(small)
    assert children(os.getpid())
    assert threading.active_count() == before


def test_what_decoders_may_use(small: Path) -> None:
    read_facts(small)
    (decoder,) = children(os.getpid())
    limits = Path(f"/proc/{decoder}/limits").read_text()
    rows = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
    assert rows["Max address space"] == [str(1536 * 1024 * 1024)] * 2
    assert rows["Max core file size"] == ["0", "0"]
    assert rows["Max file size"][0] != "unlimited"
