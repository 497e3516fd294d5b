"""The id of the current request, for log lines. Settings import this, so it imports no app."""

import logging
import re
import secrets
from contextvars import ContextVar

current: ContextVar[str] = ContextVar("request_id", default="-")

_GOOD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def choose(given: str) -> str:
    """Return the id that the client sent if it is safe to log, otherwise a new one."""
    return given if _GOOD.fullmatch(given) else secrets.token_hex(16)


class RequestIdFilter(logging.Filter):
    """Adds the id of the request to each line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
