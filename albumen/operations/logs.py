"""Formatters of the log that remove secrets: JSON for machines, text for people."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

import orjson

_NAMES = r"password|passwd|secret|token|signature|authorization|cookie|credential|sessionid|api_?key|dsn"
_SCRUBBED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]+"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]{8,}"), r"\1 [token]"),
    # Signed URLs, expiring links, the token of a password reset, and those of other mails.
    (re.compile(r"(/files/(?:\w+/){4,5})[\w-]+"), r"\1[mac]"),
    (re.compile(r"(/links/\d+-)[\w-]+"), r"\1[mac]"),
    (re.compile(r"\b[0-9a-z]{5,8}-[0-9a-f]{32}\b"), "[token]"),
    (re.compile(r"[\w.-]+(?::|%3[Aa])[0-9A-Za-z]{6}(?::|%3[Aa])[\w-]{43}"), "[token]"),
    (re.compile(r"://[^\s/@]*:[^\s/@]*@"), "://[credentials]@"),
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*"), "[e-mail]"),
    (
        re.compile(rf"(?i)([\w-]*(?:{_NAMES})[\w-]*[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&\"'}}\])]+)"),
        r"\1[secret]",
    ),
)


def scrub(text: str) -> str:
    """Return the text without credentials, signatures and e-mail addresses."""
    for pattern, replacement in _SCRUBBED:
        text = pattern.sub(replacement, text)
    return text


class JSONLines(logging.Formatter):
    """One JSON object per line: time, level, logger, message, request_id, those of `extra={"fields": ...}`, trace."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "logger": record.name,
            # A message with fields is made of them, and they contain no secrets.
            "message": record.getMessage() if fields else scrub(record.getMessage()),
            "request_id": getattr(record, "request_id", "-"),
            **(fields or {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["trace"] = scrub(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


# No line names a thread or a process, and to find them out costs each line a tenth of its time.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class TextLines(logging.Formatter):
    """Text for people. A message is one line; only a traceback has several."""

    _second, _text = -1, ""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if hasattr(record, "fields") else scrub(text)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - the base class's name
        # Most lines are of the same second as the line before.
        if self._second != int(record.created):
            self._second, self._text = int(record.created), super().formatTime(record, "%Y-%m-%d %H:%M:%S")
        return f"{self._text},{int(record.msecs):03}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)
