"""The rules of who may see which task, and how many a user may have open."""

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from albumen.compiled_queries import CompiledQuery, fetch_objects
from albumen.errors import LimitReached, NotFound
from albumen.sentences import Sentence
from albumen.tasks.models import Task
from albumen.viewers import Viewer, ViewerLike, as_variant, is_administrator

# A limit for each user, so that nobody fills the queue for all others.
OPEN_AT_ONCE = 10


def tasks_visible_to(viewer: Viewer) -> QuerySet[Task]:
    """Return the viewer's own tasks; for administrators all, including periodic work."""
    tasks = Task.objects.all()
    return tasks if is_administrator(viewer) else tasks.filter(owner_id=viewer.pk)


def listed_tasks(viewer: Viewer) -> CompiledQuery[Task]:
    """Return the list of the tasks that are visible to the viewer."""
    administrator, viewer_id = as_variant(viewer)
    return CompiledQuery(_tasks_to_list, (viewer_id,), variant=(administrator,))


def _tasks_to_list(administrator: bool, viewer_id: int | None) -> QuerySet[Task]:
    # The arguments of an import may have a megabyte.
    return tasks_visible_to(ViewerLike(viewer_id, is_staff=administrator)).defer("arguments", "checkpoint")


def get_task(viewer: Viewer, task_id: int, *, lock: bool = False) -> Task:
    """Return the task; raise `NotFound` where it does not exist or the viewer may not see it."""
    if lock:
        task = tasks_visible_to(viewer).select_for_update().filter(pk=task_id).first()
    else:
        administrator, viewer_id = as_variant(viewer)
        task = next(fetch_objects(_one_task, administrator, values=(viewer_id, task_id)), None)
    if task is None:
        raise NotFound
    return task


def _one_task(administrator: bool, viewer_id: int | None, task_id: int) -> QuerySet[Task]:
    return tasks_visible_to(ViewerLike(viewer_id, is_staff=administrator)).filter(pk=task_id).order_by()


def require_task_slot(owner_id: int) -> None:
    """Raise `LimitReached` while the user has as many open tasks as allowed.

    Requires a transaction: it makes concurrent requests of the same user wait for each other's commit.
    """
    get_user_model().objects.lock(owner_id)
    if Task.objects.open().filter(owner_id=owner_id).count() >= OPEN_AT_ONCE:
        detail = Sentence(
            "You have %(count)s tasks under way: wait for one of them, or cancel it.", count=OPEN_AT_ONCE
        )
        raise LimitReached(30, detail)
