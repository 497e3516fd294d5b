"""Users and their logins in the panel."""

import pytest
from rest_framework.test import APIClient

from albumen.accounts.models import Session, User
from albumen.library.models import Picture
from albumen.plans.models import Plan
from tests.conftest import PASSWORD, Person
from tests.http.admin.conftest import user_fields
from tests.mails import deliver


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
    assert (profile["email"], profile["email_verified"]) == ("alicia@example.com", False)
    assert [letter.to for letter in deliver(1)] == [["alicia@example.com"]]


def test_an_address_that_the_administrator_knows_is_verified(panel, alice):
    alice.patch("/api/profile/", {"email": "wanted@example.com", "password": PASSWORD})
    user = User.objects.get(pk=alice.id)
    page = panel.get(f"accounts/user/{user.pk}/change/").content.decode()
    assert "no; wanted@example.com waits for its link" in page
    fields = user_fields(user, email="alicia@example.com", email_verified="on")
    assert panel.post(f"accounts/user/{user.pk}/change/", **fields).status_code == 302
    profile = alice.get("/api/profile/").json()
    assert (profile["email"], profile["email_verified"], profile["pending_email"]) == (
        "alicia@example.com",
        True,
        None,
    )
    panel.post(f"accounts/user/{user.pk}/change/", **user_fields(user, email="alicia@example.com", first_name="Al"))
    assert alice.get("/api/profile/").json()["email_verified"] is True


def test_the_page_of_a_user_says_whether_the_address_is_verified(panel, alice):
    path = f"accounts/user/{alice.id}/change/"
    User.objects.filter(pk=alice.id).update(email_verified_at=None, pending_email="new@example.com")
    assert "no; new@example.com waits for its link" in panel.get(path).content.decode()
    User.objects.filter(pk=alice.id).update(email_verified_at="2026-05-06T07:08:09Z", pending_email="")
    assert "on 2026-05-06 07:08" in panel.get(path).content.decode()


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


def test_guessing_one_s_own_password_in_the_panel_is_limited_and_a_change_is_told(panel, dana, settings):
    settings.RATES = settings.RATES | {"login": "5/min"}
    new = "another long sentence"
    fields = {"old_password": "a guess", "new_password1": new, "new_password2": new}
    for _ in range(5):
        assert "This is not your password" in panel.post("password_change/", **fields).content.decode()
    fields["old_password"] = PASSWORD
    assert "Too many attempts" in panel.post("password_change/", **fields).content.decode()
    settings.RATES = settings.RATES | {"login": "0"}
    assert panel.post("password_change/", **fields).status_code == 302
    assert [letter.to for letter in deliver()] == [[dana.email]]


def test_deleting_a_user_removes_what_is_theirs(panel, alice, content):
    assert "with 1 picture<" in panel.get(f"accounts/user/{alice.id}/delete/").content.decode()
    assert panel.post(f"accounts/user/{alice.id}/delete/", post="yes").status_code == 302
    assert not User.objects.filter(pk=alice.id).exists()
    assert not Picture.objects.exists()
    assert alice.get("/api/profile/").status_code == 401


def test_nobody_deletes_themselves_in_the_panel(panel, dana):
    assert panel.post(f"accounts/user/{dana.id}/delete/", post="yes").status_code == 403
    assert User.objects.filter(pk=dana.id).exists()


def test_chosen_logins_are_ended(panel, alice, bob):
    logins = Session.objects.filter(user_id=alice.id).values_list("pk", flat=True)
    assert panel.choose("accounts/session/", "end_logins", *logins) == ["1 session ended."]
    assert alice.get("/api/profile/").status_code == 401
    assert bob.get("/api/profile/").status_code == 200
    assert panel.get("accounts/session/?state=over").context["cl"].result_count == 1


def test_a_login_cannot_be_changed_or_made(panel, alice):
    login = Session.objects.get(user_id=alice.id)
    assert panel.post(f"accounts/session/{login.pk}/change/", user_agent="forged").status_code == 403
    assert panel.get("accounts/session/add/").status_code == 403
    assert panel.post(f"accounts/session/{login.pk}/delete/", post="yes").status_code == 403
