"""A new password may be written twice; then both must agree."""

import pytest

from tests.conftest import PASSWORD
from tests.http.problems import refused

NEW = "another fine sentence"
EVE = {"email": "eve@example.com", "password": PASSWORD}


@pytest.mark.parametrize("path", ["/api/register/", "/accounts/register/"])
def test_registering_needs_both_alike(anonymous, path):
    refused(anonymous.post(path, EVE | {"password_confirm": NEW}), 400, "password_mismatch", "/password_confirm")
    refused(anonymous.post(path, EVE | {"password_confirm": ""}), 400, "blank", "/password_confirm")
    refused(anonymous.post("/api/login/", EVE), 401, "invalid_credentials")
    assert anonymous.post(path, EVE | {"password_confirm": PASSWORD}).status_code == 201


def test_changing_it_needs_both_alike(alice):
    body = {"current_password": PASSWORD, "new_password": NEW}
    answer = alice.post("/api/profile/password/", body | {"password_confirm": PASSWORD})
    refused(answer, 400, "password_mismatch", "/password_confirm")
    assert alice.post("/api/profile/password/", body | {"password_confirm": NEW}).status_code == 204


def test_resetting_it_needs_both_alike(anonymous):
    body = {"uid": "MQ", "token": "x", "new_password": NEW}
    answer = anonymous.post("/api/password/reset/confirm/", body | {"password_confirm": PASSWORD})
    refused(answer, 400, "password_mismatch", "/password_confirm")
    answer = anonymous.post("/api/password/reset/confirm/", body | {"password_confirm": NEW})
    refused(answer, 400, "invalid_token", "/token")
