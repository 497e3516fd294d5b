"""The id of the request that is being answered, for log lines; importable before the apps are."""

import logging
from contextvars import ContextVar

current: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Names the request in each line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
