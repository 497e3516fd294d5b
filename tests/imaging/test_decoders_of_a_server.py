"""The decoders of a server process end with it, and it decodes nothing itself."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from albumen import imaging
from tests.imaging.decoders import children, runs, wait_until

pytestmark = pytest.mark.usefixtures("two_decoders")
ROOT = Path(imaging.__file__).parents[2]


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
