"""Who may register, as ALBUMEN_SIGNUP says."""

import pytest

from albumen.accounts.models import User
from albumen.plans.models import Plan
from tests.conftest import PASSWORD
from tests.http.problems import refused

EVE = {"email": "eve@example.com", "password": PASSWORD}


@pytest.mark.parametrize("path", ["/api/register/", "/accounts/register/"])
@pytest.mark.parametrize(("mode", "code"), [("invited", "invitation_required"), ("closed", "signup_closed")])
def test_nobody_registers_unasked(anonymous, alice, settings, path, mode, code):
    settings.SIGNUP = mode
    for body in (EVE, EVE | {"email": alice.email}):
        refused(anonymous.post(path, body), 403, code)
    assert anonymous.post("/api/login/", EVE).status_code == 401


@pytest.mark.parametrize("mode", ["invited", "closed"])
def test_who_has_an_account_still_signs_in(alice, settings, mode):
    settings.SIGNUP = mode
    assert alice.sign_in().status_code == 200


@pytest.mark.parametrize("mode", ["open", "invited", "closed"])
def test_administrators_add_users_in_any_case(dana, settings, mode):
    settings.SIGNUP = mode
    dana.client.force_login(User.objects.get(pk=dana.id))
    names = {"email": EVE["email"], "password1": PASSWORD, "password2": PASSWORD}
    plan = Plan.objects.get(is_default=True).pk
    assert dana.post("/admin/accounts/user/add/", names | {"plan": plan}, format="multipart").status_code == 302
    assert User.objects.get(email=EVE["email"]).email_verified_at is not None
