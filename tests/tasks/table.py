"""Kinds of work that succeed, fail, wait and die when they are told to. An effect is an organization, named for it."""

import os
import signal
import time
from datetime import timedelta

from albumen.errors import Forbidden
from albumen.organizations.models import Organization
from albumen.tasks.services import TaskContext


def count(run: TaskContext) -> dict[str, int]:
    """So many steps, each with an effect, and a pause after it."""
    steps = run.task.arguments["steps"]
    for number in range(run.task.done, steps):
        if run.task.arguments.get("gives_way"):
            run.give_way()
        with run.step(advance=1, total=steps, checkpoint={"pid": os.getpid()}):
            Organization.objects.create(name=f"{run.task.pk} step {number}")
        time.sleep(run.task.arguments.get("pause", 0))
    return {"steps": steps}


def stumble(run: TaskContext) -> None:
    """Fails so many times before it succeeds. What the failing step writes must not be left."""
    falls = run.task.checkpoint.get("falls", 0)
    with run.step(checkpoint={"falls": falls + 1}):
        pass
    if falls < run.task.arguments["times"]:
        with run.step(advance=1):
            Organization.objects.create(name=f"{run.task.pk} fall")
            raise RuntimeError("a secret of the server")


def refuse(run: TaskContext) -> None:
    raise Forbidden("quota_exceeded", "There is no room.")


def die(run: TaskContext) -> None:
    """As when the kernel has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang(run: TaskContext) -> None:
    """Says that it is here, and makes no step any more while others could look at it."""
    if not run.task.checkpoint:
        with run.step(checkpoint={"pid": os.getpid()}):
            pass
        time.sleep(60)


def nothing(run: TaskContext) -> None:
    pass


HANDLERS = {
    "count": count,
    "stumble": stumble,
    "refuse": refuse,
    "die": die,
    "hang": hang,
    "nothing": nothing,
    "beat": nothing,
}
SCHEDULES = {"beat": timedelta(seconds=1)}
