"""The admin panel: an administrator looks at everything and changes it by the services' rules; nobody else gets in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import Session, User
from albumen.library.models import ExpiringLink, Picture
from albumen.plans.models import Plan
from albumen.tasks.models import Task
from albumen.tasks.services import start
from tests.conftest import PASSWORD, Person

LISTS = (
    "accounts/user",
    "accounts/session",
    "plans/plan",
    "library/album",
    "library/picture",
    "library/expiringlink",
    "tasks/task",
)
ELSEWHERE = re.compile(r"""(?:(?:src|href|action)=["']?|url\(["']?|@import\s+["']?)((?:https?:)?//[^"'\s)>]+)""")


@dataclass
class Panel:
    """A browser in the panel, which sends the CSRF token of its cookie as the forms do."""

    client: Client

    def get(self, path: str) -> Any:
        return self.client.get(f"/admin/{path}")

    def post(self, path: str, **fields: Any) -> Any:
        token = self.client.cookies["csrftoken"].value
        return self.client.post(f"/admin/{path}", {"csrfmiddlewaretoken": token, **fields})

    def sign_in(self, email: str, password: str) -> Any:
        self.get("login/")
        return self.post("login/", username=email, password=password, next="/admin/")

    def choose(self, path: str, action: str, *ids: int) -> list[str]:
        """Runs an action on rows of a list; answers what the panel says then."""
        answer = self.post(path, action=action, _selected_action=[str(row) for row in ids], index="0")
        assert answer.status_code == 302, answer.content
        return self.says(path)

    def says(self, path: str) -> list[str]:
        return [str(message) for message in self.get(path).context["messages"]]


@pytest.fixture
def panel(dana: Person) -> Panel:
    """Dana's browser, signed in through the form."""
    panel = Panel(Client(enforce_csrf_checks=True))
    answer = panel.sign_in(dana.email, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    return panel


@pytest.fixture
def content(alice: Person) -> dict[str, int]:
    """Alice has a picture with a link, in an album, and a task that waits; the ids."""
    alice.use_plan(original=True, expiring_links=True)
    album = alice.post("/api/albums/", {"name": "Élan"}).json()["id"]
    answer = alice.upload(name="Beach.jpg", album=album, expiring_time_seconds=300)
    assert answer.status_code == 201, answer.content
    picture = answer.json()
    task = start(kind="sweep_files", owner_id=alice.id, arguments={}, now=timezone.now())
    return {"album": album, "picture": picture["id"], "link": picture["expiring_link"]["id"], "task": task.pk}


def plan_fields(**changes: Any) -> dict[str, Any]:
    """What the plan form posts."""
    return {
        "name": "Gold",
        "thumbnail_heights": "200, 400",
        "original": "on",
        "max_upload_bytes": "50000000",
        "quota_bytes": "",
        **changes,
    }


def user_fields(user: User, **changes: Any) -> dict[str, Any]:
    """What the user form posts when nothing was touched but `changes`; None unticks a box."""
    fields = {
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "plan": user.plan_id,
        "is_active": "on",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


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

    alice.client.login(username=alice.email, password=PASSWORD)
    for path in pages(content, alice):
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


@pytest.mark.parametrize(
    ("path", "hit", "miss"),
    [
        ("accounts/user/", "q=alice@", "q=nobody"),
        ("accounts/user/", "is_staff__exact=0", "is_active__exact=0"),
        ("accounts/session/", "q=alice@", "q=nobody"),
        ("accounts/session/", "state=open&q=alice", "state=over"),
        ("library/album/", "q=ELAN alice@", "q=mountain"),
        ("library/album/", "visibility__exact=private", "visibility__exact=public"),
        ("library/album/", "organization__isempty=1", "organization__isempty=0"),
        ("library/picture/", "q=beach", "q=mountain"),
        ("library/picture/", "place=library", "place=trash"),
        ("library/picture/", "format=jpeg", "format=png"),
        ("library/picture/", "source__exact=upload", "source__exact=link"),
        ("library/expiringlink/", "state=running", "state=expired"),
        ("library/expiringlink/", "q=alice@", "state=withdrawn"),
        ("plans/plan/", "q=alice", "q=nobody"),
    ],
)
def test_lists_are_searched_and_filtered(panel, content, path, hit, miss):
    assert panel.get(f"{path}?{hit}").context["cl"].result_count == 1
    assert panel.get(f"{path}?{miss}").context["cl"].result_count == 0


def test_lists_take_as_many_queries_for_many_rows_as_for_one(
    panel, alice, content, person, django_assert_max_num_queries
):
    for number in range(3):
        alice.post("/api/albums/", {"name": f"More {number}"})
        alice.upload(name=f"More {number}.jpg", expiring_time_seconds=300)
        person(f"user{number}")
    for name in LISTS:
        with django_assert_max_num_queries(8):
            assert panel.get(f"{name}/").status_code == 200


def test_a_plan_edited_in_the_form_changes_thumbnails_at_once(panel, alice, content):
    plan = Plan.objects.get(users=alice.id)
    fields = plan_fields(name=plan.name, thumbnail_heights="400,100, 50")
    answer = panel.post(f"plans/plan/{plan.pk}/change/", **fields)
    assert answer.status_code == 302

    thumbnails = alice.get(f"/api/pictures/{content['picture']}/").json()["thumbnails"]
    assert [item["plan_height"] for item in thumbnails] == [50, 100, 400]
    assert alice.get(thumbnails[0]["url"]).status_code == 200


def test_a_plan_form_shows_heights_as_they_are_typed(panel, alice):
    plan = alice.use_plan(thumbnail_heights=[200, 400])
    assert 'value="200, 400"' in panel.get(f"plans/plan/{plan.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("heights", "sentence"),
    [
        ("", "This field is required."),
        (" , ", "This field is required."),
        ("two hundred", "Write whole numbers"),
        ("200.5", "Write whole numbers"),
        ("-200", "Write whole numbers"),
        ("15", "Each height is from 16 to 4096 px."),
        ("4097", "Each height is from 16 to 4096 px."),
        ("200, 0200", "Name each height once."),
        (", ".join(str(height) for height in range(100, 113)), "one to 12"),
    ],
)
def test_heights_that_cannot_be_are_told_in_the_form(panel, alice, heights, sentence):
    plan = alice.use_plan(thumbnail_heights=[200])
    answer = panel.post(f"plans/plan/{plan.pk}/change/", **plan_fields(thumbnail_heights=heights))
    assert answer.status_code == 200
    assert sentence in answer.context["adminform"].form.errors["thumbnail_heights"][0]
    plan.refresh_from_db()
    assert (plan.name, plan.thumbnail_heights) == (f"Plan of {alice.email}", [200])


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_upload_bytes": "0"},
        {"max_upload_bytes": str(10**30)},
        {"quota_bytes": "-1"},
        {"quota_bytes": str(2**63)},
        {"name": "Basic"},
        {"name": ""},
    ],
)
def test_other_wrong_fields_of_a_plan_are_told_in_the_form(panel, wrong):
    answer = panel.post("plans/plan/add/", **plan_fields(**wrong))
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == set(wrong)
    assert Plan.objects.count() == 3


def test_a_new_plan_may_become_the_default(panel, person):
    assert panel.post("plans/plan/add/", **plan_fields(is_default="on")).status_code == 302
    assert Plan.objects.get(is_default=True).name == "Gold"
    eve = person("eve")
    assert eve.get("/api/profile/").json()["plan"] == Plan.objects.get(name="Gold").pk


def test_the_default_plan_cannot_be_taken_away(panel):
    basic = Plan.objects.get(is_default=True)
    answer = panel.post(f"plans/plan/{basic.pk}/change/", **plan_fields(name="Basic", thumbnail_heights="300"))
    assert "make another one the default" in answer.context["adminform"].form.errors["is_default"][0]

    assert panel.post(f"plans/plan/{basic.pk}/delete/", post="yes").status_code == 302
    assert any("make another one the default" in text for text in panel.says("plans/plan/"))
    basic.refresh_from_db()
    assert basic.thumbnail_heights == [200]


def test_a_plan_in_use_stays_and_the_panel_says_why(panel, alice):
    plan = alice.use_plan()
    assert panel.post(f"plans/plan/{plan.pk}/delete/", post="yes").status_code == 302
    assert any("move them to another one" in text for text in panel.says("plans/plan/"))
    assert Plan.objects.filter(pk=plan.pk).exists()


def test_a_plan_without_users_can_be_deleted(panel):
    premium = Plan.objects.get(name="Premium")
    assert panel.post(f"plans/plan/{premium.pk}/delete/", post="yes").status_code == 302
    assert not Plan.objects.filter(pk=premium.pk).exists()


def test_no_list_offers_to_delete_in_bulk_past_the_services(panel, alice, content):
    for name in LISTS:
        assert "delete_selected" not in panel.get(f"{name}/").content.decode()
    panel.post("library/picture/", action="delete_selected", _selected_action=[content["picture"]], post="yes")
    assert Picture.objects.filter(pk=content["picture"], deleted_at=None).exists()


def test_a_new_user_can_sign_in(panel):
    plan = Plan.objects.get(name="Premium")
    answer = panel.post(
        "accounts/user/add/",
        email="Eve@Example.COM",
        password1=PASSWORD,
        password2=PASSWORD,
        first_name="Eve",
        plan=plan.pk,
    )
    eve = User.objects.get(email="Eve@example.com")
    assert answer["Location"] == f"/admin/accounts/user/{eve.pk}/change/"
    assert (eve.first_name, eve.plan_id, eve.is_staff) == ("Eve", plan.pk, False)
    assert Person("eve@example.com", APIClient()).sign_in().status_code == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "ALICE@example.com"}, "__all__"),
        ({"email": "nobody"}, "email"),
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password2": "something else entirely"}, "password2"),
        ({"phone": "call me"}, "phone"),
        ({"plan": ""}, "plan"),
    ],
)
def test_a_wrong_new_user_is_told_in_the_form(panel, alice, fields, wrong):
    plan = Plan.objects.get(name="Basic").pk
    whole = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD, "plan": plan, **fields}
    answer = panel.post("accounts/user/add/", **whole)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [wrong]
    assert User.objects.count() == 2


def test_names_plan_and_email_can_be_changed(panel, alice):
    user = User.objects.get(pk=alice.id)
    plan = Plan.objects.get(name="Enterprise").pk
    fields = user_fields(user, first_name="Alicia", plan=plan, email="alicia@example.com", is_staff="on")
    assert panel.post(f"accounts/user/{user.pk}/change/", **fields).status_code == 302

    profile = alice.get("/api/profile/").json()
    assert (profile["first_name"], profile["plan"], profile["is_staff"]) == ("Alicia", plan, True)
    assert profile["email"] == "alicia@example.com"


def test_deactivating_ends_every_login(panel, alice):
    user = User.objects.get(pk=alice.id)
    answer = panel.post(f"accounts/user/{user.pk}/change/", **user_fields(user, is_active=None))
    assert answer.status_code == 302
    assert alice.get("/api/profile/").status_code == 401
    assert alice.sign_in().status_code == 401

    panel.post(f"accounts/user/{user.pk}/change/", **user_fields(user))
    assert alice.get("/api/profile/").status_code == 401
    assert alice.sign_in().status_code == 200


def test_a_password_set_in_the_panel_ends_every_login(panel, alice):
    alice.client.login(username=alice.email, password=PASSWORD)
    before = User.objects.get(pk=alice.id).token_version
    new = "another long sentence"
    answer = panel.post(f"accounts/user/{alice.id}/password/", password1=new, password2=new)
    assert answer.status_code == 302

    assert User.objects.get(pk=alice.id).token_version > before
    assert alice.get("/api/profile/").status_code == 401
    assert APIClient().post("/api/refresh/", {"refresh": alice.refresh}).status_code == 401
    alice.client.credentials()
    assert alice.get("/api/profile/").status_code == 401, "the cookie"
    assert alice.sign_in().status_code == 401
    alice.password = new
    assert alice.sign_in().status_code == 200


def test_a_weak_password_is_told_in_the_form(panel, alice):
    answer = panel.post(f"accounts/user/{alice.id}/password/", password1="12345678", password2="12345678")
    assert answer.status_code == 200
    assert len(answer.context["form"].errors["password2"]) == 2
    assert panel.post(f"accounts/user/{alice.id}/password/", usable_password="false").status_code == 200
    assert alice.get("/api/profile/").status_code == 200


def test_an_administrator_who_sets_their_own_password_stays_in_the_panel(panel, dana):
    new = "another long sentence"
    panel.post(f"accounts/user/{dana.id}/password/", password1=new, password2=new)
    assert panel.get("").status_code == 200
    assert dana.get("/api/profile/").status_code == 401


def test_one_s_own_password_change_ends_the_other_logins(panel, dana):
    new = "another long sentence"
    answer = panel.post("password_change/", old_password=PASSWORD, new_password1=new, new_password2=new)
    assert answer.status_code == 302
    assert panel.get("").status_code == 200
    assert dana.get("/api/profile/").status_code == 401


def test_deleting_a_user_removes_what_is_theirs(panel, alice, content):
    assert "1 pictures" in panel.get(f"accounts/user/{alice.id}/delete/").content.decode()
    assert panel.post(f"accounts/user/{alice.id}/delete/", post="yes").status_code == 302
    assert not User.objects.filter(pk=alice.id).exists()
    assert not Picture.objects.exists()
    assert alice.get("/api/profile/").status_code == 401


def test_nobody_deletes_themselves_in_the_panel(panel, dana):
    assert panel.post(f"accounts/user/{dana.id}/delete/", post="yes").status_code == 403
    assert User.objects.filter(pk=dana.id).exists()


def test_chosen_logins_are_ended(panel, alice, bob):
    logins = Session.objects.filter(user_id=alice.id).values_list("pk", flat=True)
    assert panel.choose("accounts/session/", "end_logins", *logins) == ["1 logins are over."]
    assert alice.get("/api/profile/").status_code == 401
    assert bob.get("/api/profile/").status_code == 200
    assert panel.get("accounts/session/?state=over").context["cl"].result_count == 1


def test_a_login_cannot_be_changed_or_made(panel, alice):
    login = Session.objects.get(user_id=alice.id)
    assert panel.post(f"accounts/session/{login.pk}/change/", user_agent="forged").status_code == 403
    assert panel.get("accounts/session/add/").status_code == 403
    assert panel.post(f"accounts/session/{login.pk}/delete/", post="yes").status_code == 403


def test_a_picture_is_shown_by_its_signed_address(panel, anonymous, content):
    for path in ("library/picture/", f"library/picture/{content['picture']}/change/"):
        (address,) = re.findall(r'<img src="(/files/[^"]+)"', panel.get(path).content.decode())
        assert anonymous.get(address)["Content-Type"].startswith("image/")


def test_pictures_go_to_the_trash_and_come_back(panel, alice, content):
    picture = content["picture"]
    assert panel.choose("library/picture/", "trash_pictures", picture) == ["1 pictures went into the trash."]
    assert alice.get(f"/api/pictures/{picture}/").status_code == 404
    assert panel.get(f"library/picture/{picture}/change/").status_code == 200

    assert panel.choose("library/picture/", "restore_pictures", picture) == ["1 pictures are back."]
    assert alice.get(f"/api/pictures/{picture}/").status_code == 200


def test_a_picture_s_name_and_description_are_all_that_changes(panel, alice, content):
    path = f"library/picture/{content['picture']}/change/"
    answer = panel.post(path, name="Sunset", description="At sea", owner="99", sha256="0" * 64, bytes="1")
    assert answer.status_code == 302
    picture = alice.get(f"/api/pictures/{content['picture']}/").json()
    assert (picture["name"], picture["description"]) == ("Sunset", "At sea")
    assert (picture["owner"], picture["bytes"] > 1) == (alice.id, True)

    answer = panel.post(path, name="\u200b", description="")
    assert "can be seen" in answer.context["adminform"].form.errors["name"][0]
    assert panel.get("library/picture/add/").status_code == 403
    assert panel.post(f"library/picture/{content['picture']}/delete/", post="yes").status_code == 403


def test_an_album_leads_to_its_pictures(panel, alice, content):
    alice.upload()
    page = panel.get("library/album/").content.decode()
    (address,) = re.findall(r'href="/admin/(library/picture/\?entries[^"]+)"', page)
    (row,) = panel.get(address.replace("&amp;", "&")).context["cl"].result_list
    assert row.pk == content["picture"]


def test_an_album_s_name_description_and_visibility_are_all_that_changes(panel, alice, anonymous, content):
    path, address = f"library/album/{content['album']}/change/", f"/api/albums/{content['album']}/"
    fields = {"name": "Winter", "description": "Snow", "visibility": "public", "owner": "99", "picture_count": "7"}
    assert panel.post(path, **fields).status_code == 302
    album = anonymous.get(address).json()
    assert (album["name"], album["description"], album["owner"]) == ("Winter", "Snow", alice.id)
    assert (album["picture_count"], album["cover"]) == (1, content["picture"])
    assert panel.get("library/album/?q=winter").context["cl"].result_count == 1

    answer = panel.post(path, **{**fields, "name": "\u200b"})
    assert "can be seen" in answer.context["adminform"].form.errors["name"][0]
    answer = panel.post(path, **{**fields, "visibility": "organization"})
    assert "needs one" in str(answer.context["errors"])
    assert alice.get(address).json()["visibility"] == "public"
    assert panel.get("library/album/add/").status_code == 403


@pytest.mark.parametrize(("choice", "kept"), [("", True), ("?pictures=delete", False), ("?pictures=no", True)])
def test_an_album_is_deleted_with_its_pictures_only_where_that_was_chosen(panel, alice, content, choice, kept):
    path = f"library/album/{content['album']}/delete/{choice}"
    assert ("stay" in panel.get(path).content.decode()) is kept
    assert panel.post(path, post="yes").status_code == 302
    assert alice.get(f"/api/albums/{content['album']}/").status_code == 404
    assert alice.get(f"/api/pictures/{content['picture']}/").status_code == (200 if kept else 404)
    assert len(alice.get("/api/trash/").json()["results"]) == (0 if kept else 1)


def test_a_link_is_withdrawn(panel, anonymous, content):
    page = panel.get(f"library/expiringlink/{content['link']}/change/").content.decode()
    (address,) = re.findall(r'href="(/links/[^"]+)"', page)
    assert anonymous.get(address).status_code == 200

    said = panel.choose("library/expiringlink/", "revoke_links", content["link"])
    assert said == ["1 links are withdrawn."]
    assert anonymous.get(address).status_code == 410
    assert "withdrawn" in panel.get("library/expiringlink/").content.decode()
    assert panel.get("library/expiringlink/add/").status_code == 403
    assert panel.post(f"library/expiringlink/{content['link']}/delete/", post="yes").status_code == 403


def test_a_link_s_state_is_what_its_address_would_answer(panel, alice, content):
    link = ExpiringLink.objects.filter(pk=content["link"])
    for change, state in (
        ({"max_uses": 3, "uses": 3}, "used up"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expired"),
        ({"revoked_at": "2020-01-01T00:00:00Z"}, "withdrawn"),
    ):
        link.update(**change)
        assert state in panel.get(f"library/expiringlink/{content['link']}/change/").content.decode()
    link.update(max_uses=None, uses=0, expires_at="2099-01-01T00:00:00Z", revoked_at=None)
    alice.delete(f"/api/pictures/{content['picture']}/")
    assert "picture removed" in panel.get("library/expiringlink/").content.decode()


def _end_link(field: str, value: Any) -> Callable[[int], Any]:
    return lambda link: ExpiringLink.objects.filter(pk=link).update(**{field: value})


ENDINGS = {
    "used up": _end_link("max_uses", 0),
    "expired": _end_link("expires_at", "2020-01-01T00:00:00Z"),
    "withdrawn": _end_link("revoked_at", "2020-01-01T00:00:00Z"),
    "picture in the trash": lambda link: Picture.objects.filter(links=link).update(deleted_at=timezone.now()),
    "owner not active": lambda link: User.objects.filter(pictures__links=link).update(is_active=False),
    "plan without links": lambda link: Plan.objects.filter(users__pictures__links=link).update(expiring_links=False),
    "plan without originals": lambda link: Plan.objects.filter(users__pictures__links=link).update(original=False),
    "plan without the height": _end_link("height", 31),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_links_that_ended_do_not_count_as_running(panel, content, ending):
    def running() -> int:
        return int(panel.get("library/expiringlink/?state=running").context["cl"].result_count)

    assert running() == 1
    ENDINGS[ending](content["link"])
    assert running() == 0


def test_a_link_to_a_thumbnail_runs_without_the_plan_s_originals(panel, alice, content):
    alice.use_plan(thumbnail_heights=[50], expiring_links=True, name="Thumbnails")
    ExpiringLink.objects.filter(pk=content["link"]).update(height=50)
    assert panel.get("library/expiringlink/?state=running").context["cl"].result_count == 1


def test_a_search_of_a_thousand_words_is_cut(panel, alice):
    assert panel.get("accounts/user/?q=" + "a+" * 3000).status_code == 200


def test_an_action_on_what_is_no_row_is_refused(panel, content):
    answer = panel.post("library/picture/", action="trash_pictures", _selected_action="abc", index="0")
    assert answer.status_code == 400
    assert Picture.objects.filter(deleted_at=None).count() == 1


def test_groups_are_not_in_the_panel(panel):
    assert panel.get("auth/group/").status_code == 404


def test_tasks_are_cancelled_and_tried_again(panel, content):
    assert "1 task waiting" in panel.get("").content.decode()
    assert panel.choose("tasks/task/", "cancel_tasks", content["task"]) == [
        "1 tasks are cancelled, running ones at their next step."
    ]
    assert Task.objects.get().status == "cancelled"
    assert "No task is waiting" in panel.get("").content.decode()
    panel.choose("tasks/task/", "retry_tasks", content["task"])
    assert Task.objects.get().status == "queued"


def test_tasks_are_found_by_their_owner_and_narrowed(panel, content):
    def found(query: str) -> int:
        return panel.get(f"tasks/task/?{query}").context["cl"].result_count

    assert [found(f"q={name}") for name in ("alice", "nobody")] == [1, 0]
    assert [found(f"kind={kind}") for kind in ("sweep_files", "purge_trash")] == [1, 0]
    assert [found(f"status__exact={status}") for status in ("queued", "failed")] == [1, 0]
