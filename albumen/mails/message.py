"""A mail to one person, and its forms: plain text and HTML with the same words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from albumen import languages


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, in the language that is active where it is made, and says so where it is sent.

    `button` is the words and the URL of the one thing to do; `details` are pairs of a name and a value, such as the
    client of a new login; `note` says in small print why the person gets this, and what to do if it was not them.
    """

    to: str
    subject: str
    paragraphs: Sequence[str]
    button: tuple[str, str] | None = None
    details: Sequence[tuple[str, str]] = ()
    note: str = ""
    language: str = field(default_factory=languages.active)

    @property
    def text(self) -> str:
        """Return the plain text."""
        return render_to_string("mails/mail.txt", {"mail": self}).strip() + "\n"

    @property
    def html(self) -> str:
        """Return the HTML page: no script, and no image or style from elsewhere."""
        return render_to_string("mails/mail.html", {"mail": self})

    def send(self) -> None:
        """Hand the mail to the mail server; raise what the back end raises when that does not take it."""
        # A name in a subject may hold a line break, which a header may not.
        subject = " ".join(self.subject.split())
        # RFC 3834: nobody's holiday notice is sent back.
        headers = {"Auto-Submitted": "auto-generated", "Content-Language": self.language}
        message = EmailMultiAlternatives(subject, self.text, settings.DEFAULT_FROM_EMAIL, [self.to], headers=headers)
        message.attach_alternative(self.html, "text/html")
        message.send()
