"""Sends the ids of new tasks to workers on other machines, by Celery over Redis.

An id only wakes a worker before its next poll of the table of tasks. Losing one or sending it twice does no harm, so
Celery's results, retries and acknowledgements are not used.
"""

import logging
import queue
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    # Most installations have no broker, and a start is faster without it.
    from celery import Celery

CALL = "albumen.task"
QUEUE = "albumen"
logger = logging.getLogger(__name__)
# The id that has arrived and waits for a free thread. Only one, so that ids that follow go to other workers.
arrived: queue.Queue[int] = queue.Queue(maxsize=1)


def send(task_id: int) -> None:
    """Send the id to a worker; without a broker do nothing."""
    if not settings.BROKER_URL:
        return
    from kombu.exceptions import OperationalError

    try:
        app().send_task(CALL, (task_id,), retry=False)
    except OperationalError as error:
        logger.warning("The broker does not answer, so a worker finds task %s a little later. %s", task_id, error)


def receive() -> None:
    """Put each id that is received into `arrived`, until this process ends. It runs in the caller's thread, and
    receives no further id while `arrived` is full."""
    app().WorkController(pool="solo", without_mingle=True, without_gossip=True, without_heartbeat=True).start()


@cache
def app() -> "Celery":
    """Return the Celery app, whose connection to the broker all threads share."""
    from celery import Celery
    from kombu import Queue

    # Without Celery's fix-ups for Django, which close the database after each message.
    celery: Any = Celery("albumen", broker=settings.BROKER_URL, fixups=[], set_as_current=False)
    celery.conf.update(
        task_ignore_result=True,
        # Without acknowledgements: after one that fails, Celery would never read from the broker again.
        task_default_queue=QUEUE,
        task_queues=[Queue(QUEUE, no_ack=True)],
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        # A request that starts a task must not wait for a broker that does not respond.
        broker_transport_options={"socket_connect_timeout": 2, "max_retries": 1, "interval_start": 0},
    )
    celery.task(name=CALL)(_arrive)
    return celery


def _arrive(task_id: int) -> None:
    arrived.put(task_id)
