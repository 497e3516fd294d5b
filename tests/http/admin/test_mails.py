"""The page of the panel that shows every mail in both languages."""

import re
from typing import Any

import pytest
from django.conf import settings

import albumen.accounts.jobs.address_mails
import albumen.accounts.jobs.mails
from albumen.web.task_types import MAIL_PREVIEWS, MAILS
from tests.mails import deliver

RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)


def test_every_mail_has_a_preview() -> None:
    """Also those that a writer chooses among, such as the one that says that there is an account already."""
    modules = (albumen.accounts.jobs.mails, albumen.accounts.jobs.address_mails)
    written = {name.removesuffix("_mail") for module in modules for name in vars(module) if name.endswith("_mail")}
    assert MAIL_PREVIEWS.keys() >= MAILS.keys() | written
    assert MAIL_PREVIEWS.keys() - MAILS.keys() <= written


def test_the_page_shows_each_mail_in_both_languages(panel: Any) -> None:
    answer = panel.get("mails/")
    page = answer.content.decode()
    for name in MAILS:
        assert f'src="/admin/mails/{name}/en/"' in page
        assert f'src="/admin/mails/{name}/ru/"' in page
    assert "Set a new password" in page
    assert "Установить новый пароль" in page
    assert 'href="/admin/mails/"' in panel.get("").content.decode()


@pytest.mark.parametrize("name", MAIL_PREVIEWS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_mail_alone_runs_and_loads_nothing(panel: Any, name: str, language: str) -> None:
    answer = panel.get(f"mails/{name}/{language}/")
    page = answer.content.decode()
    assert f'<html lang="{language}">' in page
    assert bool(RUSSIAN.search(page)) == (language == "ru")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    for link in re.findall('href="(.*?)"', page):
        assert link.startswith(settings.PUBLIC_URL)
        # Not even a token that is signed for nobody: who looks at mails shows them to others.
        assert "token=" not in link or re.search(r"token=(\w+\.)?sample-token$", link), link


@pytest.mark.parametrize("path", ["nothing/en/", "password_reset/de/"])
def test_there_are_no_other_mails(panel: Any, path: str) -> None:
    assert panel.get(f"mails/{path}").status_code == 404


@pytest.mark.parametrize("path", ["mails/", "mails/password_reset/en/"])
def test_it_is_for_administrators(anonymous: Any, alice: Any, path: str) -> None:
    for client in (anonymous, alice):
        assert client.get(f"/admin/{path}")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("language", "asked", "subject"),
    [
        ("ru", "en", "Установить новый пароль"),
        ("en", "ru", "Set a new password"),
        (None, "ru", "Установить новый пароль"),
        (None, "de", "Set a new password"),
    ],
)
def test_a_mail_is_in_the_language_of_the_person(
    anonymous: Any, alice: Any, language: str | None, asked: str, subject: str
) -> None:
    alice.patch("/api/profile/", {"language": language})
    body = {"email": alice.email}
    assert anonymous.post("/api/password/reset/", body, headers={"Accept-Language": asked}).status_code == 202
    mail = deliver(1)[0]
    assert mail.subject == subject
    assert bool(RUSSIAN.search(str(mail.body))) == (subject == "Установить новый пароль")
    written = "ru" if RUSSIAN.search(subject) else "en"
    assert f'<html lang="{written}">' in str(mail.alternatives[0][0])  # type: ignore[attr-defined]
    assert mail.message()["Content-Language"] == written
    assert mail.message()["Auto-Submitted"] == "auto-generated"
