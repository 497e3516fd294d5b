"""What an operator's machines ask, by whatever address they know the server."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from albumen import imaging
from albumen.operations import readiness
from albumen.tasks.services import start_task
from albumen.tasks.services.queue import heartbeat
from tests.http.problems import refused
from tests.server import until_ready

PROBES = ("healthz", "readyz", "metrics")


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    monkeypatch.setattr(readiness, "_parts", readiness.parts())
    # A decoder takes a moment to start, on a busy machine longer than a probe waits.
    imaging.check_decoders()


@pytest.fixture
def worker(committed):
    """One has just given a sign of life; probes look from threads of their own, so it has to be committed."""
    heartbeat(now=timezone.now())


@pytest.mark.parametrize("path", [f"/{name}{slash}" for name in PROBES for slash in ("", "/")])
def test_they_answer_whoever_asks_and_by_any_host_name(worker, anonymous, path):
    answer = anonymous.get(path, HTTP_HOST="10.1.2.3:8000")
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Request-ID"]
    refused(anonymous.post(path), 405, "method_not_allowed")


def test_nothing_counts_them(worker, anonymous, settings):
    settings.RATES = settings.RATES | {"api": "1/hour"}
    assert [anonymous.get(f"/{name}").status_code for name in PROBES * 3] == [200] * 9


def test_healthy_means_that_the_process_answers_and_asks_nothing_else(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert APIClient().get("/healthz").json() == {"status": "ok"}


def test_ready_names_each_part(worker, anonymous):
    body = anonymous.get("/readyz").json()
    assert body["ready"] is True
    assert {body["parts"][name]["status"] for name in ("database", "storage", "queue", "decoders")} == {"ok"}
    assert body["parts"]["storage"]["free_bytes"] > 0


def test_a_probe_leaves_no_file(anonymous, settings):
    anonymous.get("/readyz")
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_a_queue_that_nobody_works_on_is_named(anonymous):
    problem = refused(anonymous.get("/readyz"), 503, "not_ready")
    assert problem["parts"]["queue"] == {"status": "down", "reason": "no worker has given a sign of life lately"}
    page = anonymous.get("/readyz", HTTP_ACCEPT="text/html").content.decode()
    assert "queue: no worker has given a sign of life lately" in page


def test_a_task_that_waits_for_too_long_is_named(worker, anonymous):
    now = timezone.now()
    start_task(kind="purge_trash", owner_id=None, arguments={}, now=now - timedelta(hours=1))
    assert "has waited for 36" in refused(anonymous.get("/readyz"), 503, "not_ready")["parts"]["queue"]["reason"]
    assert 'albumen_part_up{part="queue"} 0.0' in anonymous.get("/metrics").content.decode()


def test_a_server_is_ready_when_its_worker_is(own_server):
    own_server.start(ALBUMEN_WORKERS="1")
    until_ready(own_server)
    text = httpx.get(f"{own_server.url}/metrics").text
    assert "\nalbumen_queue_workers 1.0" in text
    assert "\nalbumen_queue_oldest_seconds " in text


def test_a_storage_that_takes_nothing_is_named(anonymous, settings, tmp_path):
    (tmp_path / "media").write_bytes(b"a file where the folder should be")
    problem = refused(anonymous.get("/readyz"), 503, "not_ready")
    assert problem["ready"] is False
    assert problem["parts"]["storage"]["status"] == "down"
    assert problem["parts"]["database"]["status"] == "ok"
    assert str(tmp_path) not in str(problem)


@pytest.fixture
def decoders():
    """Sets other limits of the decoders for one test."""
    yield imaging.configure
    imaging.configure(imaging.Limits())


def test_decoders_that_do_not_start_are_named(worker, anonymous, decoders):
    decoders(imaging.Limits(memory_mb=16))
    problem = refused(anonymous.get("/readyz"), 503, "not_ready")
    assert problem["parts"]["decoders"] == {"status": "down", "reason": "a known picture was not decoded"}


def test_decoders_that_are_all_at_work_are_not_down(worker, anonymous, decoders, tmp_path):
    decoders(imaging.Limits(decoders=1))
    os.mkfifo(tmp_path / "endless")
    with ThreadPoolExecutor(1) as threads:
        job = threads.submit(imaging.render, tmp_path / "endless", [], webp=True)
        while not imaging.count_busy_decoders():
            time.sleep(0.01)
        assert anonymous.get("/readyz").json()["parts"]["decoders"]["status"] == "ok"
        (tmp_path / "endless").write_bytes(b"no picture")
        with pytest.raises(imaging.Refused):
            job.result()


def test_a_part_that_hangs_holds_the_answer_up_no_longer_than_two_seconds(anonymous):
    go_on, checks = threading.Event(), []

    def hang():
        checks.append(time.monotonic())
        go_on.wait(30)
        return {}

    readiness._parts = {"slow": readiness.Part("slow", hang)}
    problems = [refused(anonymous.get("/readyz"), 503, "not_ready") for _ in range(2)]
    assert [problem["parts"]["slow"]["reason"] for problem in problems] == ["no answer within 2 s"] * 2
    # The one that hangs is waited for, instead of hanging another one beside it.
    assert len(checks) == 1
    go_on.set()


def test_metrics_count_by_route_and_never_by_path(alice):
    picture = alice.upload().json()
    alice.get(f"/api/pictures/{picture['id']}/")
    alice.get("/no/such/address/")
    text = alice.get("/metrics").content.decode()
    assert 'albumen_requests_total{method="GET",route="/api/pictures/<id:picture_id>/",status="200"}' in text
    assert 'albumen_requests_total{method="GET",route="none",status="404"}' in text
    assert "such/address" not in text
    assert 'albumen_part_up{part="database"} 1.0' in text
    for name in ("storage_free_bytes", "decoders_busy", "sockets", "request_seconds_bucket", "database_seconds"):
        assert f"\nalbumen_{name}" in text


@pytest.mark.parametrize(
    ("proxies", "extra", "status"),
    [
        (0, {"REMOTE_ADDR": "127.0.0.1"}, 200),
        (0, {"REMOTE_ADDR": "203.0.113.9"}, 404),
        (0, {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
        # A proxy on this machine that nobody told us of: whoever comes through it has its address.
        (0, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 404),
        (1, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 404),
        (1, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1, 203.0.113.9"}, 404),
        (0, {"REMOTE_ADDR": "::ffff:127.0.0.1"}, 200),
        (0, {"REMOTE_ADDR": ""}, 404),
    ],
)
def test_only_allowed_addresses_may_measure(anonymous, settings, proxies, extra, status):
    settings.TRUSTED_PROXIES = proxies
    answer = anonymous.get("/metrics", **extra)
    assert answer.status_code == status
    if status == 404:
        refused(answer, 404, "not_found")


def test_several_processes_add_up(own_server, tmp_path):
    shared = tmp_path / "metrics"
    own_server.start(ALBUMEN_METRICS_DIR=str(shared))
    own_server.manage("shell", "-c", COUNTED_ELSEWHERE, ALBUMEN_METRICS_DIR=str(shared))
    text = httpx.get(f"{own_server.url}/metrics").text
    assert 'albumen_requests_total{method="GET",route="/elsewhere/",status="200"} 3.0' in text
    assert "\nalbumen_part_up" in text
    # The other process is gone, and the sockets that it had with it.
    assert "\nalbumen_sockets 0.0" in text


COUNTED_ELSEWHERE = """
from albumen.operations import metrics
metrics.sockets.inc()
for _ in range(3):
    metrics.observe("GET", "/elsewhere/", 200, 0.1)
"""


def test_a_server_whose_threads_are_all_taken_is_alive(own_server):
    own_server.start(ALBUMEN_THREADS="1")
    # Who waits to be told to go on is the one who takes a thread before the body is there.
    form = {"Content-Type": "multipart/form-data; boundary=x", "Expect": "100-continue"}
    with httpx.Client(base_url=own_server.url, timeout=10) as client:
        ended = threading.Event()

        def slowly():
            yield b"--x\r\n"
            ended.wait(20)

        taken = threading.Thread(
            target=lambda: httpx.post(f"{own_server.url}/api/register/", content=slowly(), headers=form, timeout=30)
        )
        taken.start()
        time.sleep(0.5)
        assert client.get("/healthz").status_code == 200
        with pytest.raises(httpx.ReadTimeout):
            client.get("/api/plans/", timeout=0.5)
        ended.set()
        taken.join()
