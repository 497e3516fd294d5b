"""The main program of a decoder process: it reads commands from standard input, one line of JSON each."""

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

from albumen.imaging.values import DAMAGED, TOO_MUCH_MEMORY, Limits, Refused, Target
from albumen.sentences import pack

_FILE_BYTES = 512 * 1024 * 1024
_OUT_OF_MEMORY_SCORE = 500
_NICENESS = 5


def main() -> None:
    """Answer commands until standard input ends.

    The first line that is written says that the process is ready; then each command gets one, a result or a refusal.
    After a result with `ends` the process ends, because the failure may have left a library's memory damaged.
    """
    limits = Limits(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # What a library prints goes to standard error, so that it does not mix with the answers.
    os.dup2(2, 1)
    _confine(limits)
    threading.Thread(target=_exit_with_server, daemon=True).start()

    # The limit on memory is set before the first library is loaded.
    from albumen.imaging import commands

    commands.prepare()
    answers.write(b"{}\n")
    for line in sys.stdin.buffer:
        # SIGPROF ends this process at once, also inside a library, when the command has used its processor time.
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        # Ends this process when the server was killed and a decode never releases the interpreter.
        signal.alarm(math.ceil(limits.patience) + 5)
        answer = _answer(json.loads(line), limits)
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps(answer).encode() + b"\n")
        if "ends" in answer:
            return


def _answer(command: dict[str, Any], limits: Limits) -> dict[str, Any]:
    from albumen.imaging import commands

    commands.clear_errors()
    try:
        source = Path(command["source"])
        if command["kind"] == "strip":
            commands.strip(source, Path(command["target"]), limits)
            return {}
        targets = [Target(Path(path), height, box) for path, height, box in command["targets"]]
        facts, files = commands.render(source, targets, limits, webp=command["webp"])
        return {"facts": asdict(facts), "files": [[file.format, file.width, file.height] for file in files]}
    except Refused as refused:
        return {"refused": [refused.code, pack(refused.detail)]}
    except MemoryError:
        return {"refused": ["undecodable", pack(TOO_MUCH_MEMORY)], "ends": True}
    except Exception as error:
        # Errors of the system have a number; those that a library raises as OSError have none.
        if isinstance(error, OSError) and error.errno is not None:
            return {"oserror": [error.errno, error.strerror]}
        # A hostile file may cause any error; the sender gets a refusal, and the operator the traceback.
        traceback.print_exc()
        return {"refused": ["undecodable", pack(DAMAGED)], "ends": True}


def _confine(limits: Limits) -> None:
    """Limit the memory and the files of this process, give the server's processor time precedence, and have the kernel
    kill this process first when memory is short."""
    memory = limits.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    # An interrupt at the terminal reaches the whole group; the server decides when its decoders end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OUT_OF_MEMORY_SCORE))


def _exit_with_server() -> None:
    """End this process, in the middle of a command too, once the server has closed standard input."""
    hangup = select.poll()
    hangup.register(0, 0)
    hangup.poll()
    os._exit(0)


if __name__ == "__main__":
    main()
