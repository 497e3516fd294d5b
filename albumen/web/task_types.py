"""Every kind of background work, and what is done by the clock: one table. Workers find it by TASK_TABLE."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from albumen.accounts.services.sessions import delete_ended_sessions
from albumen.events.services import prune_events
from albumen.idempotency.services.answers import delete_old_answers
from albumen.library.jobs.archives import import_archive
from albumen.library.jobs.exports import export_pictures
from albumen.library.jobs.imports import import_pictures
from albumen.library.jobs.linked import recheck_linked_pictures
from albumen.library.jobs.sweep import sweep_files
from albumen.library.jobs.thumbnails import make_thumbnails
from albumen.library.services.trash import purge_trash
from albumen.tasks.services import Kind, Run, Schedule
from albumen.tasks.services.schedules import delete_old_tasks

HOUR = timedelta(hours=1)
DELIVERIES_KEPT = timedelta(days=1)


def delete_old_deliveries(*, now: datetime) -> int:
    """Forget what django-tasks-db remembers of ids that it carried; tasks have their own rows."""
    carried = DBTaskResult.objects.filter(~Q(status=TaskResultStatus.READY), enqueued_at__lte=now - DELIVERIES_KEPT)
    return carried.delete()[0]


def _removing(remove: Callable[..., int]) -> Callable[[Run], dict[str, Any]]:
    """A service that removes what is too old, as a handler: its result says how much went."""

    def handler(run: Run) -> dict[str, Any]:
        return {"removed": remove(now=run.now())}

    return handler


KINDS = {
    "import_pictures": Kind(import_pictures, "Import pictures"),
    "import_archive": Kind(import_archive, "Import an archive"),
    "export_pictures": Kind(export_pictures, "Export pictures"),
    "make_thumbnails": Kind(make_thumbnails, "Make thumbnails after a change of plan"),
    "recheck_linked": Kind(recheck_linked_pictures, "Look at linked pictures again"),
    "purge_trash": Kind(_removing(purge_trash), "Purge the trash"),
    "sweep_files": Kind(_removing(sweep_files), "Sweep files without a row"),
    "delete_sessions": Kind(_removing(delete_ended_sessions), "Forget ended logins"),
    "delete_answers": Kind(_removing(delete_old_answers), "Forget answers kept for retries"),
    "delete_events": Kind(_removing(prune_events), "Forget old events"),
    "delete_tasks": Kind(_removing(delete_old_tasks), "Forget old tasks"),
    "delete_deliveries": Kind(_removing(delete_old_deliveries), "Forget what the engine carried"),
}
SCHEDULES = [
    Schedule("recheck-linked", "recheck_linked", HOUR),
    Schedule("purge-trash", "purge_trash", HOUR),
    Schedule("sweep-files", "sweep_files", HOUR),
    Schedule("delete-sessions", "delete_sessions", HOUR),
    Schedule("delete-answers", "delete_answers", HOUR),
    Schedule("delete-events", "delete_events", HOUR),
    Schedule("delete-tasks", "delete_tasks", HOUR),
    Schedule("delete-deliveries", "delete_deliveries", HOUR),
]
