"""A login by cookie is a session like one by token: listed, and ended in all the same ways."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from albumen.accounts.models import Session, User
from tests.conftest import PASSWORD
from tests.http.problems import refused

FORMS = ("/accounts/login/", "/api-auth/login/", "/admin/login/")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def browse(person, path="/api-auth/login/", **extra):
    browser = Client(HTTP_USER_AGENT=FIREFOX)
    answer = browser.post(path, {"username": person.email, "password": person.password}, **extra)
    assert answer.status_code in (200, 302)
    assert "sessionid" in browser.cookies
    return browser


def listed(person):
    return person.get("/api/sessions/").json()["results"]


def signed_in(browser):
    return browser.get("/api/profile/").status_code == 200


@pytest.mark.parametrize("path", FORMS)
def test_each_way_in_makes_one_session_that_is_listed_and_can_be_ended(dana, path):
    browser = browse(dana, path, REMOTE_ADDR="192.0.2.7")
    hers, other = browser.get("/api/sessions/").json()["results"]
    assert (hers["current"], hers["user_agent"], hers["address"]) == (True, FIREFOX, "192.0.2.7")
    assert not other["current"]
    copy = Client()
    copy.cookies = browser.cookies
    assert dana.delete(f"/api/sessions/{hers['id']}/").status_code == 204
    assert not signed_in(browser)
    refused(copy.get("/api/profile/"), 401, "not_authenticated")
    assert [row["current"] for row in listed(dana)] == [True]


@pytest.mark.parametrize("with_cookie", [True, False])
def test_a_logout_with_the_refresh_token_ends_the_cookie_of_the_same_login(alice, with_cookie):
    browser = Client()
    pair = browser.post("/accounts/login/", {"email": alice.email, "password": PASSWORD}).json()
    assert signed_in(browser)
    client = browser if with_cookie else Client()
    answer = client.post("/api/logout/", {"refresh": pair["refresh"]})
    assert answer.status_code == 204
    assert ("sessionid" in answer.cookies and not answer.cookies["sessionid"].value) == with_cookie
    assert not signed_in(browser)
    assert len(listed(alice)) == 1


def test_a_logout_by_cookie_ends_the_tokens_of_the_same_login(alice):
    browser = Client()
    pair = browser.post("/accounts/login/", {"email": alice.email, "password": PASSWORD}).json()
    copy = Client()
    copy.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert browser.post("/api-auth/logout/").status_code == 302
    refused(Client().get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {pair['access']}"), 401, "session_ended")
    refused(Client().post("/api/refresh/", {"refresh": pair["refresh"]}), 401, "session_ended")
    assert not signed_in(copy)


def test_signing_out_in_the_panel_takes_the_session_from_the_list(dana):
    browser = browse(dana, "/admin/login/")
    assert len(listed(dana)) == 2
    assert browser.post("/admin/logout/").status_code in (200, 302)
    assert len(listed(dana)) == 1


@pytest.mark.parametrize("how", ["everywhere", "password", "deactivation", "reset"])
def test_what_ends_all_logins_ends_cookies(alice, dana, how):
    browser = browse(alice)
    if how == "everywhere":
        alice.post("/api/logout/all/")
    elif how == "password":
        body = {"current_password": PASSWORD, "new_password": "another long sentence"}
        assert alice.post("/api/profile/password/", body).status_code == 204
        assert len(listed(alice)) == 1
    elif how == "deactivation":
        dana.patch(f"/api/users/{alice.id}/", {"is_active": False})
    else:
        user = User.objects.get(pk=alice.id)
        user.set_password("by the command line")
        user.save()
    assert not signed_in(browser)


def test_signing_out_everywhere_by_cookie_ends_tokens(alice):
    browser = browse(alice)
    assert browser.post("/api/logout/all/").status_code == 204
    assert not signed_in(browser)
    refused(alice.get("/api/profile/"), 401, "session_ended")


def test_a_password_change_by_cookie_keeps_that_login_alone(alice):
    browser, other = browse(alice), browse(alice)
    body = {"current_password": PASSWORD, "new_password": "another long sentence"}
    assert browser.post("/api/profile/password/", body, "application/json").status_code == 204
    assert signed_in(browser)
    assert not signed_in(other)
    refused(alice.get("/api/profile/"), 401, "session_ended")
    assert [row["current"] for row in browser.get("/api/sessions/").json()["results"]] == [True]


def test_signing_in_again_in_one_browser_replaces_the_login(alice, bob):
    browser = browse(alice)
    browser.post("/api-auth/login/", {"username": alice.email, "password": PASSWORD})
    assert len(listed(alice)) == 2
    browser.post("/api-auth/login/", {"username": bob.email, "password": PASSWORD})
    assert (len(listed(alice)), len(listed(bob))) == (1, 2)
    browser.post("/accounts/login/", {"email": alice.email, "password": PASSWORD})
    assert (len(listed(alice)), len(listed(bob))) == (2, 1)


def test_a_cookie_of_version_0_2_works_and_gets_a_session(alice):
    store = SessionStore()
    user = User.objects.get(pk=alice.id)
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(alice.id), user.get_session_auth_hash()
    store["_auth_user_backend"] = "albumen.accounts.backends.EmailBackend"
    store.create()
    old = Client(HTTP_USER_AGENT=FIREFOX)
    old.cookies["sessionid"] = store.session_key
    for _ in range(2):
        assert signed_in(old)
    hers = next(row for row in listed(alice) if row["user_agent"] == FIREFOX)
    assert len(listed(alice)) == 2
    alice.delete(f"/api/sessions/{hers['id']}/")
    assert not signed_in(old)


def test_a_cookie_ends_after_two_weeks_and_leaves_the_list(alice):
    browser = browse(alice)
    with time_machine.travel(timezone.now() + timedelta(days=13, hours=23)):
        assert signed_in(browser)
    with time_machine.travel(timezone.now() + timedelta(days=14, hours=1)):
        browser.cookies["sessionid"]["expires"] = browser.cookies["sessionid"]["max-age"] = ""
        assert not signed_in(browser)
        alice.sign_in()
        assert FIREFOX not in [row["user_agent"] for row in listed(alice)]


def test_a_request_by_cookie_reads_the_cookie_and_the_session_and_no_more_than_one_by_token(
    alice, django_assert_max_num_queries
):
    browser = browse(alice)
    with django_assert_max_num_queries(2):
        assert browser.get("/api/tasks/nothing/").status_code == 404
    with django_assert_max_num_queries(2) as by_token:
        assert alice.get("/api/plans/").status_code == 200
    with django_assert_max_num_queries(len(by_token) + 1):
        assert browser.get("/api/plans/").status_code == 200


def test_a_login_that_began_before_signing_out_everywhere_is_over(alice, monkeypatch):
    """Between the check of the password and the new session."""
    from albumen.accounts.services import sessions

    check = sessions.check_credentials

    def slow(**kwargs):
        user = check(**kwargs)
        sessions.end_all_sessions(user=User.objects.get(pk=user.pk), now=timezone.now())
        return user

    monkeypatch.setattr(sessions, "check_credentials", slow)
    monkeypatch.setattr("albumen.accounts.backends.check_credentials", slow)
    pair = Client().post("/api/login/", {"email": alice.email, "password": PASSWORD}).json()
    refused(Client().get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {pair['access']}"), 401, "session_ended")
    assert not signed_in(browse(alice))
    assert Session.objects.filter(user_id=alice.id).count() == 3
