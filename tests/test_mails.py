"""How mails look: as text, as HTML, and in the terminal."""

import io

from django.core.mail import EmailMultiAlternatives

from albumen.mails.console import EmailBackend
from albumen.mails.message import Mail

MAIL = Mail(
    to="alice@example.com",
    subject="Join <Hikers>\n& Co",
    paragraphs=["Bob invites you to <Hikers> & Co."],
    details=[("Role", "editor")],
    button=("Look", "https://pictures.example/#token=a=b&c"),
    note="You get this because of an invitation.",
)


def test_words_of_people_are_text_in_html():
    assert "<Hikers>" not in MAIL.html
    assert "&lt;Hikers&gt; &amp; Co" in MAIL.html
    assert 'href="https://pictures.example/#token=a=b&amp;c"' in MAIL.html


def test_the_text_has_everything():
    assert MAIL.text == (
        "Bob invites you to <Hikers> & Co.\n\nRole: editor\n\nLook:\nhttps://pictures.example/#token=a=b&c\n\n"
        "You get this because of an invitation.\n"
    )


def test_a_subject_is_one_line(mailoutbox):
    MAIL.send()
    assert mailoutbox[0].subject == "Join <Hikers> & Co"


def test_the_terminal_shows_the_link_in_one_line():
    shown = io.StringIO()
    message = EmailMultiAlternatives("Hello", MAIL.text, "albumen@localhost", ["alice@example.com"])
    message.attach_alternative(MAIL.html, "text/html")
    assert EmailBackend(stream=shown).send_messages([message]) == 1
    assert "\nhttps://pictures.example/#token=a=b&c\n" in shown.getvalue()
    assert "Mail to alice@example.com: Hello" in shown.getvalue()
    assert "<html" not in shown.getvalue()
