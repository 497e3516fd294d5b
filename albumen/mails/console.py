"""The e-mail back end of `make run`: prints each mail as a person reads it, with the link to click in one line."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend as ConsoleBackend


class EmailBackend(ConsoleBackend):
    def write_message(self, message: EmailMessage) -> None:
        """Print recipient, subject and plain text."""
        rule = "-" * 79
        lines: Sequence[str] = (
            rule,
            f"Mail to {', '.join(message.to)}: {message.subject}",
            "",
            str(message.body),
            rule,
        )
        self.stream.write("\n".join(lines) + "\n")
