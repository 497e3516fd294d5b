"""Another e-mail address: it waits for its link, and the mail to the one of before has a link against it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import User
from tests.conftest import PASSWORD
from tests.http.accounts.test_email_verification import open_link, token_in
from tests.http.problems import refused
from tests.mails import deliver

NEW = "liddell@example.com"


def ask(person, email=NEW, **fields):
    return person.patch("/api/profile/", {"email": email, "password": PASSWORD, **fields})


def stop(letter):
    token = re.search(r"/email-change-stop/#token=(\S+)$", letter.body, re.MULTILINE)[1]
    return APIClient().post("/api/email/change/stop/", {"token": token})


def mails(count):
    """Deliver, and return the newest mail to each address."""
    return {letter.to[0]: letter for letter in deliver(count)}


def mine(person):
    body = person.get("/api/profile/").json()
    return body["email"], body["pending_email"]


@pytest.fixture
def proved(alice):
    User.objects.filter(pk=alice.id).update(email_verified_at=timezone.now())
    return alice


def test_the_new_address_holds_once_its_link_is_opened(alice, bob):
    answer = ask(alice, "Liddell@Example.com")
    assert (answer.json()["email"], answer.json()["pending_email"]) == (alice.email, "Liddell@example.com")
    assert "pending_email" not in bob.get(f"/api/users/{alice.id}/").json()
    letters = mails(2)
    assert alice.email not in letters["Liddell@example.com"].body
    assert "Liddell@example.com" in letters[alice.email].body
    assert alice.sign_in().status_code == 200
    token = token_in(letters["Liddell@example.com"])
    assert [open_link(token).status_code for _ in range(2)] == [204, 204]
    body = alice.get("/api/profile/").json()
    assert (body["email"], body["pending_email"], body["email_verified"]) == ("Liddell@example.com", None, True)
    refused(alice.sign_in(), 401, "invalid_credentials")
    alice.email = NEW
    assert alice.sign_in().status_code == 200


def test_whose_mailbox_it_is_does_not_give_it_to_a_stranger_by_mistake(alice):
    ask(alice)
    token = token_in(mails(2)[NEW])
    refused(open_link(token, password="a password of Liddell's"), 400, "invalid_password", "/password")
    assert mine(alice) == (alice.email, NEW)
    assert open_link(token, password=PASSWORD).status_code == 204


def test_a_taken_address_answers_as_a_free_one_and_its_mail_says_so(alice, bob):
    free, taken = ask(alice), ask(alice, "BOB@example.com")
    assert taken.json() == free.json() | {"pending_email": "BOB@example.com"}
    assert taken.headers.keys() == free.headers.keys()
    letters = mails(3)  # The free address is not wanted any more when its mail is written.
    assert letters[bob.email].subject == "You have an account already"
    assert "/email-verify/" not in letters[bob.email].body
    assert bob.sign_in().status_code == 200


def test_of_two_who_wait_the_first_to_confirm_has_it(alice, bob):
    ask(alice)
    first = token_in(deliver(2)[0])
    ask(bob)
    second = token_in(deliver(4)[2])
    assert open_link(second).status_code == 204
    refused(open_link(first), 409, "email_taken")
    assert (mine(alice), mine(bob)) == ((alice.email, None), (NEW, None))


def test_the_newest_wish_counts(alice):
    ask(alice)
    token = token_in(deliver(2)[0])
    ask(alice, "hatter@example.com")
    refused(open_link(token), 400, "invalid_token", "/token")
    assert mine(alice) == (alice.email, "hatter@example.com")
    token = token_in(deliver(4)[2])
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        refused(open_link(token), 400, "invalid_token", "/token")


def test_she_changes_her_mind(alice):
    ask(alice)
    alice.patch("/api/profile/", {"email": alice.email})
    assert mine(alice) == (alice.email, NEW)
    refused(ask(alice, alice.email, password="a guess"), 400, "invalid_password", "/password")
    assert ask(alice, alice.email).json()["pending_email"] is None
    assert [letter.to for letter in deliver(1)] == [[alice.email]]


def test_the_mail_to_the_new_address_comes_again(proved):
    ask(proved)
    assert proved.post("/api/email/verify/send/").status_code == 202
    assert [letter.to[0] for letter in deliver(3)] == [NEW, proved.email, NEW]


def test_the_old_address_stops_it(alice):
    ask(alice)
    letters = mails(2)
    assert stop(letters[alice.email]).status_code == 204
    refused(alice.get("/api/profile/"), 401, "session_ended")
    refused(alice.sign_in(), 401, "invalid_credentials")
    refused(open_link(token_in(letters[NEW])), 400, "invalid_token", "/token")
    refused(stop(letters[alice.email]), 400, "invalid_token", "/token")
    letter = deliver(3)[2]
    assert (letter.to, letter.subject) == ([alice.email], "Your account keeps its address")
    uid, token = re.search(r"#uid=(\S+)&token=(\S+)", letter.body).groups()
    body = {"uid": uid, "token": token, "new_password": "another fine sentence"}
    assert APIClient().post("/api/password/reset/confirm/", body).status_code == 204
    alice.password = "another fine sentence"
    assert alice.sign_in().status_code == 200
    assert mine(alice) == (alice.email, None)


def test_a_proved_address_undoes_what_a_thief_has_confirmed_even_twice(proved):
    ask(proved, "thief@example.com")
    letters = mails(2)
    assert open_link(token_in(letters["thief@example.com"])).status_code == 204
    ask(proved, "thief2@example.com")
    assert open_link(token_in(mails(4)["thief2@example.com"])).status_code == 204
    assert stop(letters[proved.email]).status_code == 204
    user = User.objects.get(pk=proved.id)
    assert (user.email, user.pending_email, user.has_usable_password()) == (proved.email, "", False)
    assert deliver(5)[4].to == [proved.email]


def test_an_address_that_was_never_proved_undoes_nothing(alice):
    ask(alice)
    letters = mails(2)
    assert open_link(token_in(letters[NEW])).status_code == 204
    refused(stop(letters[alice.email]), 400, "invalid_token", "/token")
    assert mine(alice) == (NEW, None)


def test_an_address_that_somebody_has_by_now_is_not_taken_back(proved):
    ask(proved)
    letters = mails(2)
    open_link(token_in(letters[NEW]))
    User.objects.create_user(proved.email, "a wholly different phrase")
    refused(stop(letters[proved.email]), 409, "email_taken")
    assert mine(proved) == (NEW, None)


def test_links_that_set_a_password_end_with_the_change(alice):
    APIClient().post("/api/password/reset/", {"email": alice.email})
    uid, token = re.search(r"#uid=(\S+)&token=(\S+)", deliver(1)[0].body).groups()
    ask(alice)
    open_link(token_in(mails(3)[NEW]))
    body = {"uid": uid, "token": token, "new_password": "another fine sentence"}
    refused(APIClient().post("/api/password/reset/confirm/", body), 400, "invalid_token", "/token")


def test_another_password_ends_the_wish_of_whoever_knew_the_one_of_before(alice):
    ask(alice)
    token = token_in(mails(2)[NEW])
    body = {"current_password": PASSWORD, "new_password": "another fine sentence"}
    assert alice.post("/api/profile/password/", body).status_code == 204
    refused(open_link(token), 400, "invalid_token", "/token")
    assert mine(alice) == (alice.email, None)
    assert deliver(3)[2].subject == "Your password was changed"


def test_a_link_is_for_one_thing(alice):
    ask(alice)
    letters = mails(2)
    change = token_in(letters[NEW])
    refused(APIClient().post("/api/email/change/stop/", {"token": change}), 400, "invalid_token", "/token")
    stopping = re.search(r"#token=(\S+)", letters[alice.email].body)[1]
    for token in (stopping, change.replace("change.", "verify."), stopping.replace("stop.", "change.")):
        refused(open_link(token), 400, "invalid_token", "/token")


def test_mails_are_limited_for_each_address(alice, bob, rate):
    rate(verify="2/hour")
    assert [ask(alice, f"new{n}@example.com").status_code for n in range(2)] == [200, 200]
    refused(ask(alice, "new3@example.com"), 429, "rate_limited")
    assert ask(bob, "new1@example.com").status_code == 200
    refused(ask(bob, "NEW1@example.com"), 429, "rate_limited")


def test_its_page_keeps_its_secret(anonymous):
    answer = anonymous.get("/email-change-stop/")
    assert (answer.status_code, answer["Referrer-Policy"], answer["Cache-Control"]) == (200, "no-referrer", "no-store")
