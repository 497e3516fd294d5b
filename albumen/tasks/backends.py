"""Django Tasks carried by Celery, for workers on several machines. Only ids go this way, and losing one or carrying
it twice does no harm, so Celery's results, retries and acknowledgements are not used."""

import queue
import uuid
from functools import cache
from typing import Any

from celery import Celery
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from kombu import Queue
from kombu.exceptions import OperationalError

CALL = "albumen.call"
QUEUE = "albumen"
# What has arrived at this worker: path of the task, its arguments. No longer than needed, for others may be free.
arrived: queue.Queue[tuple[str, list[Any], dict[str, Any]]] = queue.Queue(maxsize=1)


class CeleryBackend(BaseTaskBackend):
    """`OPTIONS["broker"]` is the address of a Redis."""

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.app = _app(self.options["broker"])

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        call_id = str(uuid.uuid4())
        try:
            self.app.send_task(CALL, (task.module_path, args, kwargs), task_id=call_id, retry=False)
        except OperationalError as error:
            raise ConnectionError(f"The broker does not answer. {error}") from None
        return TaskResult(
            task=task,
            id=call_id,
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )


# Django makes a backend for each thread, and they share what holds the connections.
@cache
def _app(broker: str) -> Celery:
    # Without Celery's fix-ups for Django, which close the database after each task.
    app = Celery("albumen", broker=broker, fixups=[], set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        # Nothing is acknowledged: where that fails, Celery notes it and never reads from the broker again.
        task_default_queue=QUEUE,
        task_queues=[Queue(QUEUE, no_ack=True)],
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        # Whoever starts a task does not wait for a broker that is away: the id is delivered later.
        broker_transport_options={
            "socket_connect_timeout": 2,
            "max_retries": 1,
            "interval_start": 0,
        },
    )
    app.task(name=CALL)(_call)
    return app


def _call(path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Waits until a thread of the worker takes it up; meanwhile Celery, which has one thread here, reads no more."""
    arrived.put((path, args, kwargs))
