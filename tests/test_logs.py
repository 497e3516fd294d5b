"""The log of a real server, and what it sends to Sentry: what happened and why, and no secret."""

import gzip
import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from albumen.operations.logs import scrub
from tests import pictures
from tests.http.problems import refused
from tests.server import Server

PASSWORD = "a phrase nobody else has thought of"
NEW_PASSWORD = "another phrase of the very same kind"


class Collector(BaseHTTPRequestHandler):
    """Takes what a Sentry client sends."""

    taken: list[bytes]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """A person does all that involves secrets, and then something fails. Gives the server and the secrets."""
    collector = type("Collector", (Collector,), {"taken": []})
    sentry = ThreadingHTTPServer(("127.0.0.1", 0), collector)
    threading.Thread(target=sentry.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("logged")
    server = Server(folder / "data")
    server.start(
        ALBUMEN_LOG_FORMAT="json",
        ALBUMEN_LOG_LEVEL="DEBUG",
        ALBUMEN_WORKERS="1",
        ALBUMEN_EMAIL_URL=f"filemail:///{folder}/mails",
        ALBUMEN_SENTRY_DSN=f"http://{uuid.uuid4().hex}@127.0.0.1:{sentry.server_port}/1",
    )
    server.secrets = _walk(server, folder / "mails")
    server.sentry = collector.taken
    yield server
    server.stop()
    sentry.shutdown()
    sentry.server_close()


def _walk(server, mails):
    email = f"walker-{uuid.uuid4().hex}@example.com"
    secrets = [email, PASSWORD, NEW_PASSWORD, (server.data_dir / "secret_key").read_text()]
    with httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.post("/api/register/", json={"email": email, "password": PASSWORD}).status_code == 201
        assert client.post("/api/login/", json={"email": email, "password": "wrong"}).status_code == 401
        tokens = client.post("/api/login/", json={"email": email, "password": PASSWORD}).json()
        server.user = tokens["user"]["id"]
        fresh = client.post("/api/refresh/", json={"refresh": tokens["refresh"]}).json()
        client.headers["Authorization"] = f"Bearer {fresh['access']}"
        secrets += [tokens["access"], tokens["refresh"], fresh["access"], fresh["refresh"]]
        server.sql("UPDATE plans_plan SET expiring_links = TRUE, original = TRUE")
        form = {"expiring_time_seconds": "300"}
        picture = client.post("/api/pictures/", files={"image": pictures.jpeg()}, data=form).json()
        for address in (picture["thumbnails"][0]["url"], picture["original"], picture["expiring_link"]["url"]):
            secrets.append(re.sub(r"^\d+-", "", address.rstrip("/").rpartition("/")[2]))
            assert client.get(address).status_code == 200
            assert client.get(address.rstrip("/") + "x").status_code in (403, 404)
        client.get("/api/users/", params={"search": email})
        client.get("/no/such/page/", params={"token": fresh["access"], "email": email})
        (opened,) = _mailed(mails, r"/email-verify/#token=(\S+)")
        secrets.append(opened)
        for method in (client.get, client.post):
            method("/email-verify/", params={"token": opened})
        assert client.post("/api/email/verify/", json={"token": opened}).status_code == 204
        client.post("/api/password/reset/", json={"email": email})
        uid, token = _mailed(mails, r"#uid=(\S+)&token=(\S+)")
        secrets.append(token)
        confirmed = {"uid": uid, "token": token, "new_password": NEW_PASSWORD}
        assert client.post("/api/password/reset/confirm/", json=confirmed).status_code == 204
        client.headers["Authorization"] = f"Bearer {fresh['access']}"
        again = client.post("/api/login/", json={"email": email, "password": NEW_PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {again['access']}"
        server.sql("UPDATE plans_plan SET thumbnail_heights = '7'")
        headers = {"X-Request-ID": "this-one-failed", "Cookie": "sessionid=abcdefgh12345678", "User-Agent": email}
        server.failed = client.get("/api/pictures/", params={"ordering": "name"}, headers=headers)
    return [*secrets, again["access"], "abcdefgh12345678"]


def _mailed(mails, link):
    for _ in range(100):
        for path in mails.glob("*"):
            found = re.search(link, path.read_text())
            if found:
                return found.groups()
        threading.Event().wait(0.1)
    raise AssertionError("There was no mail.")


def lines(server):
    return [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]


def test_each_request_has_a_line(walk):
    access = [line for line in lines(walk) if line["logger"] == "albumen.access"]
    login = [line for line in access if line["route"] == "/api/login/"]
    assert [line["status"] for line in login] == [401, 200, 200]
    seen = next(line for line in access if line["route"] == "/api/users/")
    assert (seen["method"], seen["user_id"], seen["level"]) == ("GET", walk.user, "INFO")
    assert seen["duration_ms"] > 0
    assert seen["request_id"] != "-"
    assert seen["time"].endswith("Z")


def test_a_failure_leaves_its_trace_under_the_id_that_the_client_has(walk):
    problem = refused(walk.failed, 500, "error")
    assert problem["request_id"] == "this-one-failed"
    traces = [line for line in lines(walk) if "trace" in line]
    assert [line["request_id"] for line in traces] == ["this-one-failed"]
    assert "TypeError" in traces[0]["trace"]
    assert "Traceback" not in walk.failed.text


def test_the_log_has_no_secret(walk):
    log = walk.log.read_text()
    assert len(walk.secrets) > 12
    assert [secret for secret in walk.secrets if secret in log] == []


def test_sentry_learns_of_the_failure_and_of_nobody(walk):
    for _ in range(100):
        if walk.sentry:
            break
        threading.Event().wait(0.1)
    sent = b"".join(walk.sentry).decode()
    assert "TypeError" in sent
    assert "this-one-failed" in sent
    assert [secret for secret in walk.secrets if secret in sent] == []


def test_without_an_address_sentry_is_not_even_imported():
    import sys

    assert "sentry_sdk" not in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "postgres://albumen:TheSecret@db/albumen",
        "Authorization: Bearer TheSecretTheSecret",
        "{'password': 'TheSecret', 'x': 1}",
        '{"refresh_token": "TheSecret"}',
        "GET /x?token=TheSecret&y=1",
        "Key (email)=(TheSecret@example.com) already exists.",
        "/files/1/200/3/1700000000/TheSecret/",
        "/links/12-TheSecret/",
        "eyJhbGciOiJIUzI1NiJ9.TheSecret.abc",
        "opened verify.TheSecretInJSON:1vabcD:" + "n" * 43,
        "https://TheSecret:TheSecret@sentry.example.com/1",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text):
    assert "TheSecret" not in scrub(text)


def test_harmless_text_stays():
    text = "Swept 3 pictures; worker 12 ended with status 1 at /api/pictures/12/ (token-like words stay)"
    assert scrub(text) == text
