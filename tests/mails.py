"""Mails in tests that run in process: tasks send them, which nobody else works on there."""

from django.core import mail
from django.core.mail import EmailMessage

from albumen.tasks.services.execution import run_task
from albumen.web.task_types import HANDLERS


def deliver(count: int | None = None) -> list[EmailMessage]:
    """Run the queued tasks and return all mails so far, which are `count` where it is given."""
    while run_task(HANDLERS):
        pass
    assert count is None or len(mail.outbox) == count, [letter.subject for letter in mail.outbox]
    return mail.outbox
