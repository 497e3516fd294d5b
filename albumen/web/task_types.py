"""The handler of every kind of background work, the writer of every mail, and what is done periodically."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from albumen.accounts.jobs import address_mails
from albumen.accounts.jobs import mail_previews as account_previews
from albumen.accounts.jobs import mails as account_mails
from albumen.accounts.services.sessions import delete_ended_sessions
from albumen.accounts.services.signup import delete_old_registrations
from albumen.events.services import prune_events
from albumen.idempotency.services.responses import delete_old_responses
from albumen.library.jobs.archives import import_archive
from albumen.library.jobs.exports import export_pictures
from albumen.library.jobs.imports import import_pictures
from albumen.library.jobs.linked import recheck_linked_pictures
from albumen.library.jobs.sweep import sweep
from albumen.library.jobs.thumbnails import make_thumbnails
from albumen.library.services.trash import purge_trash
from albumen.mails.message import Mail
from albumen.mails.queue import Writer, mail_sender
from albumen.organizations.jobs import mail_previews as organization_previews
from albumen.organizations.jobs import mails as organization_mails
from albumen.organizations.services.invitations import delete_old_invitations
from albumen.tasks.services import TaskContext, TaskKind
from albumen.tasks.services.execution import Handler
from albumen.tasks.services.schedules import delete_old_tasks


def _removal(remove: Callable[..., int]) -> Handler:
    """Return a handler for a service that removes what is too old; its result says how much went."""

    def handler(context: TaskContext) -> dict[str, int]:
        return {"removed": remove(now=timezone.now())}

    return handler


# The writer of every mail that `queue_mail` names.
MAILS: dict[str, Writer] = {
    "registration": address_mails.registration,
    "verify_email": address_mails.verify_email,
    "email_change": address_mails.email_change,
    "email_change_old": address_mails.email_change_old,
    "email_kept": address_mails.email_kept,
    "password_changed": account_mails.password_changed,
    "new_sign_in": account_mails.new_sign_in,
    "invitation": organization_mails.invitation,
    "password_reset": account_mails.password_reset,
    "sign_in_code": account_mails.sign_in_code,
}
# Each of them with sample values, by the same name.
MAIL_PREVIEWS: dict[str, Callable[[], Mail]] = {**account_previews.PREVIEWS, **organization_previews.PREVIEWS}
HANDLERS: dict[str, Handler] = {
    TaskKind.IMPORT_PICTURES: import_pictures,
    TaskKind.IMPORT_ARCHIVE: import_archive,
    TaskKind.EXPORT_PICTURES: export_pictures,
    TaskKind.MAKE_THUMBNAILS: make_thumbnails,
    TaskKind.RECHECK_LINKED: recheck_linked_pictures,
    TaskKind.SEND_MAIL: mail_sender(MAILS),
    TaskKind.PURGE_TRASH: _removal(purge_trash),
    TaskKind.SWEEP_FILES: sweep,
    TaskKind.DELETE_SESSIONS: _removal(delete_ended_sessions),
    TaskKind.DELETE_REGISTRATIONS: _removal(delete_old_registrations),
    TaskKind.DELETE_ANSWERS: _removal(delete_old_responses),
    TaskKind.DELETE_EVENTS: _removal(prune_events),
    TaskKind.DELETE_INVITATIONS: _removal(delete_old_invitations),
    TaskKind.DELETE_TASKS: _removal(delete_old_tasks),
}
SCHEDULES: dict[str, timedelta] = dict.fromkeys(
    (
        TaskKind.RECHECK_LINKED,
        TaskKind.PURGE_TRASH,
        TaskKind.SWEEP_FILES,
        TaskKind.DELETE_SESSIONS,
        TaskKind.DELETE_REGISTRATIONS,
        TaskKind.DELETE_ANSWERS,
        TaskKind.DELETE_EVENTS,
        TaskKind.DELETE_INVITATIONS,
        TaskKind.DELETE_TASKS,
    ),
    timedelta(hours=1),
)
