"""Pages for people: the way in, what each error means, and setting a new password."""

import re
import subprocess

import pytest
from rest_framework.test import APIClient

from albumen.accounts.models import User
from albumen.error_codes import CATALOGUE
from tests import pictures
from tests.http.admin.conftest import ELSEWHERE
from tests.mails import deliver

MADE_BY_OTHERS = ("/docs/", "/redoc/", "/api/", "/api-auth/login/", "/admin/login/")
PAGES = ("/", "/docs/errors/", "/docs/events/", "/password-reset/")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(anonymous, path):
    answer = anonymous.get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not ELSEWHERE.findall(page)
    assert not re.search(r"<script(?![^>]+src=)|<style|\sstyle=|\son[a-z]+=", page)
    assert answer["Content-Security-Policy"].startswith("default-src 'self'")
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")


@pytest.mark.parametrize("path", MADE_BY_OTHERS)
def test_a_page_of_a_package_names_no_other_host(anonymous, path):
    answer = anonymous.get(path, HTTP_ACCEPT="text/html")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not [place for place in ELSEWHERE.findall(answer.content.decode()) if "//testserver/" not in place]
    assert 'rel="icon"' in answer.content.decode()


@pytest.mark.parametrize("path", [*PAGES, *MADE_BY_OTHERS, "/no/", "/admin/accounts/user/", "/api/pictures/"])
def test_no_page_may_run_what_stands_inside(dana, path):
    dana.client.force_login(User.objects.get(pk=dana.id))
    answer = dana.get(path, HTTP_ACCEPT="text/html")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert "'unsafe-inline'" not in policy.get("script-src", policy["default-src"])
    assert ("'unsafe-eval'" in policy.get("script-src", "")) is path.startswith("/admin/")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    page = answer.content.decode()
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\son[a-z]+=", page)


def test_browsers_stay_with_https_where_it_is(anonymous, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_PROXY_SSL_HEADER = 3600, ("HTTP_X_FORWARDED_PROTO", "https")
    answer = anonymous.get("/", HTTP_X_FORWARDED_PROTO="https")
    assert answer.headers["Strict-Transport-Security"] == "max-age=3600"
    assert "Strict-Transport-Security" not in anonymous.get("/").headers


def test_the_icon_is_where_browsers_look_for_it(anonymous):
    answer = anonymous.get("/favicon.ico")
    assert answer.headers["Content-Type"] in ("image/x-icon", "image/vnd.microsoft.icon")
    assert pictures.opened(answer.getvalue()).size == (48, 48)


def test_the_index_leads_to_every_list(alice, anonymous):
    index = anonymous.get("/api").json()
    assert {"pictures", "albums", "links", "organizations", "plans", "profile", "docs", "schema"} <= set(index)
    for name, address in index.items():
        if name != "profile-avatar":
            assert alice.get(address).status_code == 200, address
    page = anonymous.get("/api/", HTTP_ACCEPT="text/html").content.decode()
    assert 'href="http://testserver/api/pictures/"' in page


def test_what_stands_in_backticks_is_shown_as_code(anonymous):
    for path in PAGES:
        assert "`" not in anonymous.get(path).content.decode()
    assert "<code>POST /api/login/</code>" in anonymous.get("/docs/errors/").content.decode()
    assert "&lt;access token&gt;" in anonymous.get("/docs/errors/").content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_whatever_a_page_names_is_there(anonymous, path):
    page = anonymous.get(path).content.decode()
    for address in set(re.findall(r'(?:href|src)="(/[^"#]*)', page)):
        assert anonymous.get(address).status_code in (200, 302), address


def test_the_landing_page_leads_everywhere(anonymous):
    page = anonymous.get("/").content.decode()
    places = (
        "/docs/",
        "/redoc/",
        "/api/schema/",
        "/docs/errors/",
        "/docs/events/",
        "/admin/",
        "/api-auth/login/?next=/api/profile/",
    )
    for place in places:
        assert f'href="{place}"' in page


def test_the_three_lines_of_the_landing_page_work(shared_server, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(pictures.jpeg())
    page = subprocess.run(["curl", "-s", f"{shared_server.url}/"], capture_output=True, text=True).stdout
    lines = [
        line.replace("&#x27;", "'").replace("&quot;", '"')
        for line in re.findall(r"<code>(curl .*?)</code>", page, re.DOTALL)
    ]
    said = []
    for line in lines:
        token = re.search(r'"access":"([^"]+)"', said[-1]) if said else None
        command = line.replace("ACCESS_TOKEN", token[1] if token else "")
        done = subprocess.run(f"{command} -s", shell=True, cwd=tmp_path, capture_output=True, text=True)  # noqa: S602
        said.append(done.stdout)
    assert len(said) == 3
    assert '"thumbnails":[{' in said[-1], said


def test_every_code_has_an_anchor_of_its_own(anonymous):
    page = anonymous.get("/docs/errors/").content.decode()
    assert '<span class="faint">in a task</span>' in page
    anchors = re.findall(r'<dt id="([^"]+)"', page)
    codes = [code.name for chapter in CATALOGUE for code in chapter.codes]
    assert anchors == codes
    assert len(set(codes)) == len(codes)


def test_a_refusal_leads_to_its_anchor(anonymous):
    page, anchor = anonymous.get("/api/profile/").json()["type"].split("#")
    assert f'id="{anchor}"' in anonymous.get(page).content.decode()


def test_the_reset_page_keeps_the_secret_to_itself(anonymous):
    answer = anonymous.get("/password-reset/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    script = anonymous.get("/static/web/password_reset.js")
    assert script.status_code == 200
    assert b"/api/password/reset/confirm/" in answer.content


def test_the_mail_leads_to_the_page_and_its_secret_works_there(alice, anonymous):
    assert anonymous.post("/api/password/reset/", {"email": alice.email}).status_code == 202
    path, uid, token = re.search(r"(/password-reset/)#uid=([^&]+)&token=(\S+)", deliver(1)[0].body).groups()
    assert anonymous.get(path).status_code == 200

    answer = anonymous.post("/api/password/reset/confirm/", {"uid": uid, "token": token, "new_password": "12345"})
    assert [item["pointer"] for item in answer.json()["errors"]] == ["/new_password"]
    alice.password = "another long sentence"
    fields = {"uid": uid, "token": token, "new_password": alice.password}
    assert anonymous.post("/api/password/reset/confirm/", fields).status_code == 204
    assert alice.sign_in().status_code == 200


def test_the_browsable_api_is_entered_with_the_e_mail(alice):
    browser = APIClient(enforce_csrf_checks=True)
    page = browser.get("/api-auth/login/?next=/api/profile/")
    assert "E-mail" in page.content.decode()
    assert not ELSEWHERE.findall(page.content.decode())

    fields = {"username": alice.email.upper(), "password": "wrong", "next": "/api/profile/"}
    fields["csrfmiddlewaretoken"] = browser.cookies["csrftoken"].value
    again = browser.post("/api-auth/login/", fields, format="multipart")
    assert "The e-mail or the password is wrong. Check both" in again.content.decode()
    answer = browser.post("/api-auth/login/", fields | {"password": alice.password}, format="multipart")
    assert answer["Location"] == "/api/profile/"
    assert browser.get("/api/profile/").json()["email"] == alice.email


def test_the_browsable_api_has_a_delete_button_for_one_thing_and_not_for_all(dana):
    picture = dana.upload().json()["id"]
    for path, offered in ((f"/api/pictures/{picture}/", True), ("/api/pictures/", False), ("/api/profile/", False)):
        page = dana.get(path, HTTP_ACCEPT="text/html").content.decode()
        assert ('data-method="DELETE"' in page) is offered, path
    assert dana.delete("/api/pictures/").status_code == 204
