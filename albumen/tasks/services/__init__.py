"""Background work: ask for it, carry it out, take it back."""

from albumen.tasks.services.kinds import Kind, Schedule
from albumen.tasks.services.requests import cancel_task, retry_task, start
from albumen.tasks.services.run import Cancelled, Interrupted, LostClaim, Run, Stopped

__all__ = [
    "Cancelled",
    "Interrupted",
    "Kind",
    "LostClaim",
    "Run",
    "Schedule",
    "Stopped",
    "cancel_task",
    "retry_task",
    "start",
]
