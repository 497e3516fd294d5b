"""Every address answers with and without its final slash, for every method."""

import pytest

from tests import pictures
from tests.conftest import PASSWORD


@pytest.fixture(params=["/", ""], ids=["slash", "no slash"])
def end(request):
    return request.param


def test_signing_up_in_and_out(anonymous, end):
    body = {"email": "new@example.com", "password": PASSWORD}
    assert anonymous.post(f"/api/register{end}", body).status_code == 201
    tokens = anonymous.post(f"/api/login{end}", body).json()
    tokens = anonymous.post(f"/api/refresh{end}", {"refresh": tokens["refresh"]}).json()
    assert anonymous.post(f"/api/logout{end}", {"refresh": tokens["refresh"]}).status_code == 204
    assert anonymous.post(f"/api/password/reset{end}", {"email": "nobody@example.com"}).status_code == 202
    body = {"uid": "MQ", "token": "x", "new_password": "y"}
    assert anonymous.post(f"/api/password/reset/confirm{end}", body).status_code == 400


def test_ones_own_record(alice, end):
    file = {"avatar": pictures.as_file(pictures.jpeg())}
    assert alice.put(f"/api/profile/avatar{end}", file, format="multipart").status_code == 200
    assert alice.get(f"/api/profile/avatar{end}").status_code == 200
    assert alice.delete(f"/api/profile/avatar{end}").status_code == 204
    for call in (alice.get, alice.put, alice.patch):
        assert call(f"/api/profile{end}").status_code == 200
    body = {"current_password": PASSWORD, "new_password": "another fine sentence"}
    assert alice.post(f"/api/profile/password{end}", body).status_code == 204
    assert alice.delete(f"/api/profile{end}", {"password": "another fine sentence"}).status_code == 204


def test_users_sessions_and_plans(alice, dana, end):
    for path in ("users", f"users/{alice.id}", "sessions", "plans"):
        assert dana.get(f"/api/{path}{end}").status_code == 200
        assert dana.head(f"/api/{path}{end}").status_code == 200
    assert dana.patch(f"/api/users/{alice.id}{end}", {"first_name": "Al"}).status_code == 200
    plan = dana.post(f"/api/plans{end}", {"name": "Tiny", "thumbnail_heights": [16]}).json()["id"]
    assert dana.patch(f"/api/plans/{plan}{end}", {"original": True}).status_code == 200
    assert dana.delete(f"/api/plans/{plan}{end}").status_code == 204
    login = dana.get("/api/sessions/").json()["results"][0]["id"]
    assert alice.post(f"/api/logout/all{end}").status_code == 204
    assert dana.delete(f"/api/sessions/{login}{end}").status_code == 204
