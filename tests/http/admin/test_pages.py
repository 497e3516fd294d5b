"""The panel's pages: every one opens for an administrator and loads nothing from elsewhere; nobody else gets in."""

from django.test import Client

from albumen.accounts.models import Session
from albumen.library.models import Picture
from albumen.plans.models import Plan
from tests.conftest import PASSWORD, Person
from tests.http.admin.conftest import ELSEWHERE, LISTS, Panel


def pages(content: dict[str, int], alice: Person) -> list[str]:
    changes = [
        f"accounts/user/{alice.id}/change/",
        f"accounts/user/{alice.id}/password/",
        f"accounts/user/{alice.id}/delete/",
        f"accounts/user/{alice.id}/history/",
        f"accounts/session/{Session.objects.get(user_id=alice.id).pk}/change/",
        f"plans/plan/{Plan.objects.get(users=alice.id).pk}/change/",
        f"plans/plan/{Plan.objects.get(users=alice.id).pk}/delete/",
        f"library/album/{content['album']}/change/",
        f"library/album/{content['album']}/delete/",
        f"library/album/{content['album']}/delete/?pictures=delete",
        f"library/picture/{content['picture']}/change/",
        f"library/expiringlink/{content['link']}/change/",
        f"tasks/task/{content['task']}/change/",
    ]
    lists = [f"{name}/" for name in LISTS]
    return ["", *lists, "accounts/user/add/", "plans/plan/add/", "password_change/", *changes]


def test_every_page_opens_and_loads_nothing_from_elsewhere(panel, alice, content):
    alice.upload()
    alice.delete(f"/api/pictures/{Picture.objects.latest('id').pk}/")

    for path in pages(content, alice):
        answer = panel.get(path)
        assert answer.status_code == 200, path
        assert not ELSEWHERE.findall(answer.content.decode()), path


def test_the_sign_in_page_loads_nothing_from_elsewhere(anonymous):
    page = anonymous.get("/admin/login/").content.decode()
    assert "E-mail" in page
    assert not ELSEWHERE.findall(page)


def test_a_user_who_is_no_administrator_stays_outside(alice, content):
    outside = Panel(Client(enforce_csrf_checks=True))
    refused = outside.sign_in(alice.email, PASSWORD)
    assert refused.status_code == 200
    assert "staff" in refused.content.decode()

    paths = pages(content, alice)
    alice.client.login(username=alice.email, password=PASSWORD)
    for path in paths:
        answer = alice.client.get(f"/admin/{path}")
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/admin/login/")


def test_a_form_without_the_csrf_token_is_refused(dana):
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": dana.email, "password": PASSWORD})
    assert answer.status_code == 403


def test_too_many_attempts_are_told_in_the_form(dana, settings):
    settings.RATES = settings.RATES | {"login": "2/min"}
    browser = Panel(Client(REMOTE_ADDR="198.51.100.7"))

    for _ in range(2):
        assert "correct" in browser.sign_in(dana.email, "wrong").content.decode()
    answer = browser.sign_in(dana.email, "wrong")
    assert answer.status_code == 200
    assert "Too many attempts" in answer.content.decode()


def test_groups_are_not_in_the_panel(panel):
    assert panel.get("auth/group/").status_code == 404


def test_signing_in_leads_to_the_page_that_was_asked_for_or_to_the_overview(dana: Person) -> None:
    for address, page in [
        ("/admin/login/", "/admin/"),
        ("/admin/login/?next=/admin/tasks/task/", "/admin/tasks/task/"),
    ]:
        browser = Client()
        form = browser.get(address).content.decode()
        assert f'name="next" form="login-form" value="{page}"' in form
        answer = browser.post(address, {"username": dana.email, "password": PASSWORD, "next": page})
        assert answer["Location"] == page
