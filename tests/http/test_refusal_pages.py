"""What a browser's navigation gets refused is a page that says what to do; programs get the problem document."""

import html
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import path
from rest_framework.test import APIClient

from albumen.api import refusal_pages
from albumen.api.problems import document
from albumen.error_codes import CATALOGUE, explain
from albumen.library.access import signed_url
from albumen.web import urls as service
from tests.http.admin.conftest import ELSEWHERE
from tests.http.problems import refused

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
PROGRAMS = (
    None,
    "*/*",
    "application/json",
    "application/json, text/plain, */*",
    "application/json, text/html;q=0.9",
    "application/problem+json,text/html",
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "text/html;q=0, */*",
    "text/htm",
    "text/*",
    ";;q=x,,",
)


def fail(request):
    raise ArithmeticError("secret")


def forbid(request):
    raise PermissionDenied


# Views that fail where REST framework has no part in it.
urlpatterns = [path("fail/", fail), path("forbid/", forbid), *service.urlpatterns]
handler400, handler403 = service.handler400, service.handler403
handler404, handler500 = service.handler404, service.handler500


@pytest.fixture
def browser(db):
    """Somebody's browser, who is not signed in."""
    return APIClient(HTTP_ACCEPT=CHROME, raise_request_exception=False)


def shown(answer, status, title):
    """The answer is a page that stands alone, with this title; answers its text."""
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8"), page
    assert re.search("<h1>(.+)</h1>", page)[1] == title
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page
    assert "`" not in page
    assert not ELSEWHERE.findall(page)
    assert not re.search(r'<script|rel="stylesheet"|\sstyle=|\son[a-z]+=', page)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "Accept" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"
    return page


def test_a_page_says_once_what_to_do_and_without_headers():
    for code in (code for chapter in CATALOGUE for code in chapter.codes):
        for status in {401, 410, 429, 503}.intersection(code.statuses):
            problem = document(status, code.name, explain(code.name))
            page = html.unescape(refusal_pages.page(problem, retry_after=5 if status in (429, 503) else None))
            assert "Retry-After" not in page, code.name
            assert page.count("Wait 5 seconds") == (status in (429, 503)), code.name
            assert page.count(code.remedy.rstrip(".")) <= 1, code.name
    failed = refusal_pages.page(document(401, "invalid_credentials", explain("invalid_credentials")))
    assert "Check both, and try again." in failed
    assert "reset the password" not in failed


@pytest.mark.parametrize("accept", PROGRAMS)
@pytest.mark.parametrize("address", ["/nowhere/", "/links/x/"])
def test_programs_get_the_problem_document(browser, accept, address):
    answer = APIClient().get(address, **({} if accept is None else {"HTTP_ACCEPT": accept}))
    refused(answer, 404, "not_found")
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", [CHROME, "text/html", "text/html, */*", "TEXT/HTML", "a, text/html;q=0.1"])
def test_a_navigation_gets_a_page(accept, db):
    shown(APIClient().get("/nowhere/", HTTP_ACCEPT=accept), 404, "There is nothing here")


def test_who_is_not_signed_in_is_led_there_and_back(browser):
    page = shown(browser.get("/api/pictures/?search=a&page_size=2"), 401, "Sign in first")
    assert 'href="/api-auth/login/?next=%2Fapi%2Fpictures%2F%3Fsearch%3Da%26page_size%3D2"' in page
    assert 'href="/api-auth/login/"' in shown(browser.delete("/api/pictures/"), 401, "Sign in first")


def test_a_failed_sign_in_says_so(browser):
    wrong = {"email": "a@example.com", "password": "wrong"}
    for door in ("/api/login/", "/accounts/login/"):
        page = shown(browser.post(door, wrong, format="multipart"), 401, "You are not signed in")
        assert "password" in page


def test_a_token_that_does_not_hold(browser):
    answer = browser.get("/api/profile/", HTTP_AUTHORIZATION="Bearer x")
    assert 'href="/api-auth/login/?next=' in shown(answer, 401, "Not signed in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_list_shows_what_is_wrong_with_a_query(alice):
    page = shown(alice.get("/api/pictures/?colour=red", HTTP_ACCEPT=CHROME), 400, "The request is not valid")
    assert "<code>/colour</code>" in page
    assert "/api/albums/" in alice.get("/api/albums/", HTTP_ACCEPT=CHROME).content.decode()


def test_what_others_have_looks_like_what_nobody_has(alice, charlie):
    hidden, absent = (
        re.sub(r"[0-9a-f]{32}", "", shown(charlie.get(f"/api/pictures/{one}/", HTTP_ACCEPT=CHROME), 404, title))
        for one, title in ((alice.upload().json()["id"], "There is nothing here"), (99999, "There is nothing here"))
    )
    assert hidden == absent


def test_a_method_that_there_is_not(alice):
    shown(alice.put("/api/pictures/", HTTP_ACCEPT=CHROME), 405, "There is nothing to see here")


def test_what_is_not_allowed(alice, browser, settings):
    shown(alice.delete("/api/pictures/", HTTP_ACCEPT=CHROME), 403, "You may not do this")
    settings.ROOT_URLCONF = __name__
    shown(browser.get("/forbid/"), 403, "You may not do this")


def test_addresses_of_pictures(alice, browser, settings):
    picture = alice.upload().json()
    address = picture["thumbnails"][0]["url"]
    shown(browser.get(f"{address[:-3]}/"), 403, "This address is not complete")
    alice.delete(f"/api/pictures/{picture['id']}/")
    shown(browser.get(address), 404, "There is nothing here")


def test_addresses_of_pictures_that_are_past_their_time(alice, browser):
    from datetime import UTC, datetime

    from django.contrib.auth.models import AnonymousUser

    address = signed_url(1, 200, AnonymousUser(), datetime(2020, 1, 1, tzinfo=UTC))
    shown(browser.get(address), 403, "This address has expired")


def test_a_link_that_has_ended(alice, browser):
    alice.use_plan(expiring_links=True, original=True)
    picture = alice.upload().json()["id"]
    link = alice.post(f"/api/pictures/{picture}/links/", {"expiring_time_seconds": 300}).json()
    alice.delete(f"/api/links/{link['id']}/")
    page = shown(browser.get(link["url"]), 410, "This link has ended")
    assert "This link was withdrawn. Ask its sender for a new one." in page
    refused(APIClient().get(link["url"]), 410, "link_revoked")


def test_too_many_attempts_at_a_form(browser, settings):
    settings.RATES = settings.RATES | {"login": "1/hour"}
    wrong = {"username": "a@example.com", "password": "wrong"}
    assert browser.post("/api-auth/login/", wrong, format="multipart").status_code == 200
    answer = browser.post("/api-auth/login/", wrong, format="multipart")
    page = shown(answer, 429, "Too many requests")
    assert "Wait 60 minutes" in page
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600


def test_too_many_calls(alice, settings):
    settings.RATES = settings.RATES | {"api": "1/minute"}
    assert alice.get("/api/plans/", HTTP_ACCEPT=CHROME).status_code == 200
    assert "seconds, then load" in shown(alice.get("/api/plans/", HTTP_ACCEPT=CHROME), 429, "Too many requests")


@pytest.mark.parametrize("door", ["/api-auth/login/", "/admin/login/"])
def test_a_form_that_is_out_of_date(door, db):
    fields = {"username": "a@example.com", "password": "x", "csrfmiddlewaretoken": "x" * 64}
    browser = APIClient(enforce_csrf_checks=True)
    answer = browser.post(door, fields, format="multipart", HTTP_ACCEPT=CHROME)
    assert "load the page again" in shown(answer, 403, "This form is out of date")
    refused(browser.post(door, fields, format="multipart"), 403, "csrf_failed")


def test_a_host_that_is_not_served(browser):
    shown(browser.get("/", HTTP_HOST="elsewhere.example.com"), 400, "The request is not valid")
    shown(browser.get("/%00/"), 400, "The request is not valid")


def test_a_failure_tells_nothing_but_its_request(alice, browser, settings):
    settings.ROOT_URLCONF = __name__
    page = shown(browser.get("/fail/"), 500, "Something failed here")
    assert "secret" not in page
    assert "Arithmetic" not in page
    # A setting that nobody would write makes a view of REST framework fail.
    alice.upload()
    settings.SIGNED_URL_PERIOD = 0
    alice.client.raise_request_exception = False
    shown(alice.get("/api/pictures/", HTTP_ACCEPT=CHROME), 500, "Something failed here")
    refused(alice.get("/api/pictures/"), 500, "error")


def test_what_was_sent_comes_back_as_text(browser):
    answer = browser.get('/api/plans/?"><script>alert(1)</script>=1')
    assert "<script" not in answer.content.decode()
    assert "<script" not in browser.get("/api/profile/?x=<script>").content.decode()


@pytest.mark.parametrize(("address", "allowed"), [("/accounts/login/", "POST"), ("/api-auth/logout/", "POST")])
def test_an_address_that_is_no_page_says_so_and_where_to_sign_in(browser, anonymous, address, allowed):
    page = shown(browser.get(address), 405, "There is nothing to see here")
    assert "/api-auth/login/" in page
    answer = anonymous.get(address)
    refused(answer, 405, "method_not_allowed")
    assert allowed in answer.headers["Allow"]
