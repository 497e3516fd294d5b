"""Access and refresh tokens (requirements A1.5.2, A1.5.3): what they say, and what is refused."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.keys import derive_key
from tests.conftest import PASSWORD
from tests.http.problems import refused

DAY = 24 * 3600


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def profile_with(token):
    return APIClient().get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {token}")


def signed(claims, key):
    return jwt.encode(claims, key, algorithm="HS256")


def test_an_access_token_says_who_and_until_when(alice):
    claims = claims_of(alice.access)
    assert set(claims) == {"user_id", "exp", "iat", "jti", "token_type", "sid"}
    assert (claims["user_id"], type(claims["user_id"])) == (alice.id, int)
    assert claims["token_type"] == "access"
    assert claims["exp"] - claims["iat"] == 7 * DAY
    assert abs(claims["iat"] - timezone.now().timestamp()) < 60


def test_a_refresh_token_lives_thirty_days(alice):
    claims = claims_of(alice.refresh)
    assert (claims["token_type"], claims["user_id"]) == ("refresh", alice.id)
    assert claims["exp"] - claims["iat"] == 30 * DAY
    assert claims["jti"] != claims_of(alice.access)["jti"]


def test_settings_change_both(own_server):
    own_server.start(ALBUMEN_ACCESS_TOKEN_DAYS="0.5", ALBUMEN_REFRESH_TOKEN_DAYS="2")
    alice = own_server.register("alice")
    answer = alice.post("/api/login/", json={"email": alice.email, "password": PASSWORD}).json()
    access, refresh = claims_of(answer["access"]), claims_of(answer["refresh"])
    assert (access["exp"] - access["iat"], refresh["exp"] - refresh["iat"]) == (DAY // 2, 2 * DAY)


def test_an_access_token_ends_after_seven_days(alice):
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=-60)):
        assert alice.get("/api/profile/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=60)):
        refused(alice.get("/api/profile/"), 401, "token_expired")


def test_a_refresh_token_works_after_the_access_token_has_expired(alice):
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        answer = alice.post("/api/refresh/", {"refresh": alice.refresh})
        assert answer.status_code == 200
        assert profile_with(answer.json()["access"]).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        refused(alice.post("/api/refresh/", {"refresh": alice.refresh}), 401, "token_expired")


def test_one_kind_of_token_is_not_the_other(alice):
    refused(profile_with(alice.refresh), 401, "token_invalid")
    refused(alice.post("/api/refresh/", {"refresh": alice.access}), 401, "token_invalid")
    refused(alice.post("/api/logout/", {"refresh": alice.access}), 401, "token_invalid")
    assert alice.get("/api/profile/").status_code == 200


@pytest.mark.parametrize("key", ["", "secret", "the settings' own"])
def test_a_token_signed_with_another_key_is_refused(alice, settings, key):
    key = settings.SECRET_KEY if key == "the settings' own" else key
    forged = signed(claims_of(alice.access), key.ljust(32, "x") if key else "\0" * 32)
    refused(profile_with(forged), 401, "token_invalid")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "RS256", "HS512"])
def test_a_token_without_a_signature_is_refused(alice, algorithm):
    _, claims, signature = alice.access.split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    refused(profile_with(f"{head}.{claims}."), 401, "token_invalid")
    if algorithm != "HS256":
        refused(profile_with(f"{head}.{claims}.{signature}"), 401, "token_invalid")


def test_changed_claims_are_refused(alice, dana):
    head, _, signature = alice.access.split(".")
    changed = claims_of(alice.access) | {"user_id": dana.id, "sid": claims_of(dana.access)["sid"]}
    body = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    refused(profile_with(f"{head}.{body}.{signature}"), 401, "token_invalid")


@pytest.mark.parametrize("missing", ["exp", "iat", "jti", "sid", "user_id", "token_type"])
def test_every_claim_is_needed(alice, missing):
    claims = claims_of(alice.access)
    key = derive_key("tokens")
    assert profile_with(signed(claims, key)).status_code == 200
    del claims[missing]
    assert profile_with(signed(claims, key)).status_code == 401


def test_another_users_id_on_ones_own_login_is_refused(alice, dana):
    claims = claims_of(alice.access) | {"user_id": dana.id}
    refused(profile_with(signed(claims, derive_key("tokens"))), 401, "session_ended")


def test_the_tokens_of_a_deleted_user_are_refused(alice):
    alice.delete("/api/profile/", {"password": PASSWORD})
    refused(profile_with(alice.access), 401, "session_ended")
    refused(APIClient().post("/api/refresh/", {"refresh": alice.refresh}), 401, "session_ended")
    assert APIClient().post("/api/logout/", {"refresh": alice.refresh}).status_code == 204


@pytest.mark.parametrize(
    "header",
    [
        *["Bearer", "Bearer ", "Bearer a.b.c", "Bearer é.é.é", "Bearer a b", "Bearer ..", "Bearer {}", "Bearer \0"],
        *["Bearer " + "a" * 60_000, "Bearer " + "." * 5000, "Bearer eyJhbGciOiJIUzI1NiJ9.W10.x"],
    ],
)
def test_garbage_in_the_header_is_refused(anonymous, header):
    refused(anonymous.get("/api/profile/", HTTP_AUTHORIZATION=header), 401, "token_invalid")


@pytest.mark.parametrize("header", ["", "é", "Basic YWxpY2U6eA==", "Token abc", "Digest x", "Bearerx.y.z"])
def test_another_scheme_is_nobody(anonymous, header):
    refused(anonymous.get("/api/profile/", HTTP_AUTHORIZATION=header), 401, "not_authenticated")


def test_the_scheme_has_no_case(alice):
    assert APIClient().get("/api/profile/", HTTP_AUTHORIZATION=f"bearer {alice.access}").status_code == 200


def test_a_long_header_does_not_harm_a_real_server(shared_server):
    alice = shared_server.register("alice")
    answer = alice.get("/api/profile/", headers={"Authorization": "Bearer " + "a" * 60_000})
    assert 400 <= answer.status_code < 500
    assert alice.get("/api/profile/").status_code == 200


@pytest.mark.parametrize("token", ["", " ", "x", "a.b.c", "é", "x" * 4001, "\0", 5, True, None, ["x"], {"a": 1}])
@pytest.mark.parametrize("path", ["/api/refresh/", "/api/logout/"])
def test_garbage_as_a_refresh_token_is_refused(anonymous, path, token):
    answer = anonymous.post(path, {"refresh": token})
    assert answer.status_code in (400, 401)
    refused(answer, answer.status_code, answer.json()["code"])


def test_tokens_are_stored_nowhere(alice):
    from albumen.accounts.models import Session

    row = str(Session.objects.values().get(user_id=alice.id))
    for token in (alice.access, alice.refresh):
        assert token not in row
        assert claims_of(token)["jti"] not in row
