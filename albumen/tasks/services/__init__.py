"""Background work: request it, run it, and write how it ended."""

from albumen.tasks.models import TaskKind
from albumen.tasks.services.context import Cancelled, Interrupted, LostClaim, Stopped, TaskContext
from albumen.tasks.services.requests import cancel_task, retry_task, start_task
