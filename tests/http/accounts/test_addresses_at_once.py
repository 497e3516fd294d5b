"""Links in mails that are opened at the same moment, on a real server."""

import re
import time

import httpx

from tests.conftest import PASSWORD

NEW = "liddell@example.com"


def tokens_of(mails, purpose, count):
    """Wait for so many mails with a link for this purpose, and return their tokens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        texts = "".join(path.read_text() for path in mails.glob("*"))
        found = set(re.findall(rf"^http\S+/email-verify/#token=({purpose}\.\S+)$", texts, re.MULTILINE))
        if len(found) == count:
            return sorted(found)
        time.sleep(0.2)
    raise AssertionError(f"There are not {count} mails to {purpose}.")


def test_of_many_who_open_links_at_once_one_gets_the_address(own_server, at_once, tmp_path):
    mails = tmp_path / "mails"
    own_server.start(ALBUMEN_WORKERS="1", ALBUMEN_EMAIL_URL=f"filemail:///{mails}")
    waiting = [own_server.register(name) for name in ("alice", "bob", "charlie")]
    for person in waiting:
        body = {"email": NEW, "password": PASSWORD}
        assert person.patch("/api/profile/", json=body).json()["pending_email"] == NEW
    found = tokens_of(mails, "change", 3)
    url = f"{own_server.url}/api/email/verify/"
    answers = at_once(lambda turn: httpx.post(url, json={"token": found[turn]}, timeout=60), 3)
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
    emails = [person.get("/api/profile/").json() for person in waiting]
    assert sorted(one["email"] == NEW for one in emails) == [False, False, True]
    assert {one["pending_email"] for one in emails} == {None}


def test_a_registration_whose_link_is_opened_ten_times_at_once_is_one_user(own_server, at_once, tmp_path):
    mails = tmp_path / "mails"
    own_server.start(ALBUMEN_WORKERS="1", ALBUMEN_EMAIL_URL=f"filemail:///{mails}", ALBUMEN_SIGNUP="verified")
    body = {"email": NEW, "password": PASSWORD}
    for _ in range(2):
        assert httpx.post(f"{own_server.url}/api/register/", json=body, timeout=60).status_code == 202
    found = tokens_of(mails, "register", 2)
    url = f"{own_server.url}/api/email/verify/"
    answers = at_once(lambda turn: httpx.post(url, json={"token": found[turn % 2]}, timeout=60), 10)
    assert sorted(answer.status_code for answer in answers)[:2] == [204, 400]
    assert {answer.status_code for answer in answers} <= {204, 400, 409}
    assert [answer.status_code for answer in answers].count(204) == 1
    assert own_server.sql("SELECT count(*) FROM accounts_user WHERE email = ?", NEW) == [(1,)]
    assert own_server.sql("SELECT count(*) FROM accounts_registration") == [(0,)]
    assert httpx.post(f"{own_server.url}/api/login/", json=body, timeout=60).status_code == 200
