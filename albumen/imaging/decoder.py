"""The main program of a decoder process: reads jobs from standard input until it ends, one line of JSON each."""

import json
import math
import os
import resource
import select
import signal
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from albumen.imaging.values import Facts, Limits, Made, Refused, Target

_FILE_BYTES = 512 * 1024 * 1024
_OUT_OF_MEMORY_SCORE = 500


def main() -> None:
    """Serve jobs. Each gets two lines: an empty object once it is taken up, then the result or a refusal.

    A result with `ends` is the last one: what went wrong may have left something in a library's memory.
    """
    limits = Limits(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # What a library prints must not end up between the results.
    os.dup2(2, 1)
    _confine(limits)
    threading.Thread(target=_leave_with_the_server, daemon=True).start()

    # Imported only now: the limit on memory has to stand before the first library is loaded.
    from albumen.imaging import jobs

    jobs.prepare()
    answers.write(b"{}\n")
    for line in sys.stdin.buffer:
        answers.write(b"{}\n")
        # A server that was killed cannot end this process, and a decode may hold on to the interpreter for good.
        signal.alarm(math.ceil(limits.seconds) + 5)
        answer = _answer(json.loads(line), limits)
        signal.alarm(0)
        answers.write(json.dumps(answer).encode() + b"\n")
        if "ends" in answer:
            return


def _answer(job: dict[str, Any], limits: Limits) -> dict[str, Any]:
    from albumen.imaging import jobs

    jobs.clear_errors()
    try:
        source = Path(job["source"])
        if job["kind"] == "strip":
            jobs.strip(source, Path(job["target"]), limits)
            return {}
        targets = [Target(Path(path), height, box) for path, height, box in job["targets"]]
        facts, made = jobs.render(source, targets, limits, webp=job["webp"])
        return _rendered(facts, made)
    except Refused as refused:
        return {"refused": [refused.code, refused.detail]}
    except MemoryError:
        return _last("The picture takes too much memory to decode; save it smaller.")
    except Exception as error:
        # The system's errors have a number; a library's own of that class have none.
        if isinstance(error, OSError) and error.errno is not None:
            return {"oserror": [error.errno, error.strerror]}
        # Whatever a hostile file brings about is that file's fault, never the server's; the trace is for us.
        traceback.print_exc()
        return _last("The picture could not be decoded; save it again and try again.")


def _last(detail: str) -> dict[str, Any]:
    return {"refused": ["undecodable", detail], "ends": True}


def _rendered(facts: Facts, made: list[Made]) -> dict[str, Any]:
    return {
        "facts": asdict(facts),
        "made": [[str(one.path), one.format, one.width, one.height] for one in made],
    }


def _confine(limits: Limits) -> None:
    """Takes from this process what no picture needs."""
    memory = limits.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    # An interrupt at the terminal reaches the whole group; the server decides when its decoders end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OUT_OF_MEMORY_SCORE))


def _leave_with_the_server() -> None:
    """Ends this process, in the middle of a job too, once the other end of standard input is gone."""
    hangup = select.poll()
    hangup.register(0, 0)
    hangup.poll()
    os._exit(0)


if __name__ == "__main__":
    main()
