"""The id of the request that is being answered, for log lines; importable before the apps are."""

import logging
import re
import uuid
from contextvars import ContextVar

current: ContextVar[str] = ContextVar("request_id", default="-")

_GOOD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def chosen(given: str) -> str:
    """The client's own id where it is harmless, or a new one."""
    return given if _GOOD.fullmatch(given) else uuid.uuid4().hex


class RequestIdFilter(logging.Filter):
    """Names the request in each line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
