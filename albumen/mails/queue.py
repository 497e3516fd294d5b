"""Mails as tasks: a request queues a mail by its name and what it is about; a worker writes and sends it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.translation import get_language, override

from albumen.mails.message import Mail
from albumen.tasks.services import TaskContext, TaskKind, start_task

# Writes a mail from the arguments that it was queued with; None where there is nothing to send any more.
Writer = Callable[..., Mail | None]


def queue_mail(name: str, *, now: datetime, **about: int | str | None) -> None:
    """Queue a mail in the caller's transaction, in the active language unless its writer chooses the person's own.

    `name` is a key of `albumen.web.task_types.MAILS`. `about` is ids and words, and never a secret: the writer makes
    the token of a link when the mail is sent, so that none lies in the database.
    """
    arguments = {"mail": name, "language": get_language(), "about": about}
    start_task(kind=TaskKind.SEND_MAIL, owner_id=None, arguments=arguments, now=now)


def mail_sender(writers: Mapping[str, Writer]) -> Callable[[TaskContext], None]:
    """Return the handler of tasks that send a mail. A worker that dies after the mail server took a mail, and before
    that is written down, sends it twice."""

    def send(context: TaskContext) -> None:
        arguments = context.task.arguments
        with override(arguments["language"]):
            mail = writers[arguments["mail"]](**arguments["about"])
        if mail is not None:
            mail.send()

    return send
