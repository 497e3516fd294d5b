"""Setting a forgotten password by mail."""

import html
import json
import re
import time
from datetime import timedelta

import httpx
import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.tasks.models import Task
from tests.http.problems import refused
from tests.mails import deliver

NEW = "another fine sentence"


def ask(email, **extra):
    return APIClient().post("/api/password/reset/", {"email": email}, **extra)


def confirm(letter, password=NEW):
    uid, token = re.search(r"#uid=(\S+)&token=(\S+)", letter.body).groups()
    body = {"uid": uid, "token": token, "new_password": password}
    return APIClient().post("/api/password/reset/confirm/", body)


def test_alice_gets_a_mail_and_sets_a_new_password(alice):
    answer = ask("ALICE@example.com")
    assert (answer.status_code, answer.content) == (202, b"")
    letter = deliver(1)[0]
    assert letter.to == ["alice@example.com"]
    assert "within 60 minutes" in letter.body
    assert confirm(letter).status_code == 204
    refused(alice.get("/api/profile/"), 401, "session_ended")
    refused(alice.post("/api/refresh/", {"refresh": alice.refresh}), 401, "session_ended")
    refused(alice.sign_in(), 401, "invalid_credentials")
    alice.password = NEW
    assert alice.sign_in().status_code == 200


def test_the_mail_is_text_and_html_with_the_same_words(alice):
    ask(alice.email)
    letter = deliver(1)[0]
    ((page, kind),) = letter.alternatives
    link = re.search(r"http\S+", letter.body)[0]
    assert kind == "text/html"
    assert f'href="{html.escape(link)}"' in page
    for line in filter(None, letter.body.splitlines()):
        assert html.escape(line.removesuffix(":")) in page
    assert "src=" not in page


def test_no_token_lies_in_the_database(alice):
    ask(alice.email)
    token = re.search(r"&token=(\S+)", deliver(1)[0].body)[1]
    assert token not in json.dumps(list(Task.objects.values("arguments", "checkpoint", "result")))


def test_a_mail_works_once(alice):
    ask(alice.email)
    letter = deliver(1)[0]
    assert confirm(letter).status_code == 204
    refused(confirm(letter, "yet another sentence"), 400, "invalid_token", "/token")
    assert deliver(2)[1].subject == "Your password was changed"


def test_a_mail_works_for_an_hour(alice):
    ask(alice.email)
    letter = deliver(1)[0]
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        refused(confirm(letter), 400, "invalid_token", "/token")
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert confirm(letter).status_code == 204


def test_a_weak_password_is_refused_and_the_mail_still_works(alice):
    ask(alice.email)
    refused(confirm(deliver(1)[0], "password"), 400, "password_too_common", "/new_password")
    assert confirm(deliver(1)[0]).status_code == 204


def test_unknown_and_inactive_users_get_the_same_answer_and_no_mail(alice, bob, dana):
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    answers = [ask("nobody@example.com"), ask("bob@example.com"), ask("no e-mail at all"), ask(alice.email)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
    assert [letter.to for letter in deliver(1)] == [["alice@example.com"]]


def test_a_mail_from_before_the_deactivation_does_not_work(alice, dana):
    ask(alice.email)
    letter = deliver(1)[0]
    dana.patch(f"/api/users/{alice.id}/", {"is_active": False})
    refused(confirm(letter), 400, "invalid_token", "/token")


def test_the_link_leads_to_the_public_address_whoever_asks(alice, settings):
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], "https://albumen.example"
    ask(
        alice.email, HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example", HTTP_ORIGIN="https://evil.example"
    )
    body = deliver(1)[0].body
    assert "https://albumen.example/password-reset/#uid=" in body
    assert "evil" not in body


def test_bobs_token_does_not_open_alices_account(alice, bob):
    for person in (alice, bob):
        ask(person.email)
    texts = {letter.to[0]: letter.body for letter in deliver(2)}
    uid = re.search(r"#uid=(\S+)&", texts[alice.email])[1]
    token = re.search(r"&token=(\S+)", texts[bob.email])[1]
    body = {"uid": uid, "token": token, "new_password": NEW}
    refused(APIClient().post("/api/password/reset/confirm/", body), 400, "invalid_token", "/token")
    assert alice.sign_in().status_code == 200


@pytest.mark.parametrize("uid", ["", "x", "!!!", "MQ", "LTE", "9" * 100, "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "/w"])
def test_a_made_up_link_is_refused(anonymous, uid):
    body = {"uid": uid, "token": "abc-def", "new_password": NEW}
    answer = anonymous.post("/api/password/reset/confirm/", body)
    refused(answer, 400, "invalid_token" if uid else "blank", "/token" if uid else "/uid")


def test_mails_are_limited_for_each_account(alice, rate):
    rate(reset="2/hour")
    assert [ask(alice.email).status_code for _ in range(2)] == [202, 202]
    refused(ask(" ALICE@Example.com"), 429, "rate_limited")
    assert ask("bob@example.com").status_code == 202
    deliver(2)


def test_one_mail_used_by_ten_at_once_sets_one_password(own_server, at_once, tmp_path):
    own_server.start(ALBUMEN_WORKERS="1", ALBUMEN_EMAIL_URL=f"filemail:///{tmp_path / 'mails'}")
    alice = own_server.register("alice")
    httpx.post(f"{own_server.url}/api/password/reset/", json={"email": alice.email})
    deadline = time.monotonic() + 10
    text = ""
    while "#uid=" not in text and time.monotonic() < deadline:
        time.sleep(0.05)
        text = "".join(path.read_text() for path in (tmp_path / "mails").glob("*"))
    uid, token = re.search(r"#uid=(\S+)&token=(\S+)", text).groups()

    def confirm_as(turn: int) -> httpx.Response:
        body = {"uid": uid, "token": token, "new_password": f"sentence number {turn}"}
        return httpx.post(f"{own_server.url}/api/password/reset/confirm/", json=body, timeout=60)

    statuses = sorted(answer.status_code for answer in at_once(confirm_as, 10))
    assert statuses == [204] + [400] * 9
