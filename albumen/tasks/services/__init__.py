"""Background work: ask for it, carry it out, take it back."""

from albumen.tasks.models import TaskKind
from albumen.tasks.services.context import Cancelled, Interrupted, LostClaim, Stopped, TaskContext
from albumen.tasks.services.requests import cancel_task, retry_task, start
