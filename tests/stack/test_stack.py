"""The scaled set-up: the whole of the service through nginx, several processes beside each other."""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter

import httpx
import pytest

from tests import pictures
from tests.background.conftest import ended, upload, use_plan
from tests.http.library.test_broken_downloads import breaks_off_without_a_use, maker
from tests.http.problems import refused
from tests.server import ROOT
from tests.sockets import listening
from tests.test_readme import walked
from tests.test_stop import Visitor, look, naming, uploading

WEBP = {"Accept": "image/avif,image/webp,image/*,*/*;q=0.8"}


def person(stack, name):
    client = stack.register(name)
    use_plan(stack, client, "Enterprise")
    return client


def test_the_readme_does_what_it_says_through_nginx(stack, tmp_path):
    printed, here = walked(stack, tmp_path / "checkout", tmp_path / "temporary")
    assert "the same bytes" in printed
    assert json.loads((here / "picture.json").read_text())["original"].startswith(stack.url)
    assert '"code":"link_used_up"' in printed
    assert json.loads((here / "task.json").read_text())["status"] == "succeeded"


def test_a_picture_goes_all_the_way(stack):
    alice = person(stack, "alice")
    with listening(stack) as ear:
        ear.sign_in(alice)
        first = upload(alice, seed=1)
        assert ear.hear_events(1)[0]["event"] == "picture.created"
    content = pictures.jpeg(seed=2)
    body = {"image": base64.b64encode(content).decode(), "name": "second"}
    assert alice.post("/api/pictures/", json=body).status_code == 201
    listed = alice.get("/api/pictures/").json()["results"]
    assert listed[1] == first
    for thumbnail in first["thumbnails"]:
        for headers, media_type in ((None, "image/jpeg"), (WEBP, "image/webp"), (None, "image/jpeg")):
            answer = httpx.get(thumbnail["url"], headers=headers)
            assert answer.headers["Content-Type"] == media_type
            assert pictures.opened(answer.content).size[1] == thumbnail["height"]
            assert answer.headers["Cache-Control"] == "private, max-age=3600"
    again = httpx.get(thumbnail["url"], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    task = ended(alice, alice.post("/api/profile/export/"))
    archive = zipfile.ZipFile(io.BytesIO(httpx.get(task["result"]["url"]).content))
    assert content in [archive.read(name) for name in archive.namelist()]


def test_a_link_is_counted_exactly_and_never_kept(stack):
    alice = person(stack, "alice")
    picture = upload(alice)["id"]
    body = {"expiring_time_seconds": 300, "max_uses": 3, "height": 200}
    link = alice.post(f"/api/pictures/{picture}/links/", json=body).json()["url"]
    assert "no-store" in httpx.head(link).headers["Cache-Control"]
    answers = [httpx.get(link) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [410] * 2


def test_what_was_hot_is_refused_once_it_is_deleted(stack):
    alice = person(stack, "alice")
    picture = upload(alice)
    url = picture["thumbnails"][0]["url"]
    assert [httpx.get(url).status_code for _ in range(3)] == [200] * 3
    assert alice.delete(f"/api/pictures/{picture['id']}/").status_code == 204
    deadline = time.monotonic() + 5
    while httpx.get(url).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [httpx.get(url).status_code for _ in range(3)] == [404] * 3


def test_an_origin_gets_its_own_headers_out_of_the_cache(stack):
    url = upload(person(stack, "alice"))["thumbnails"][0]["url"]
    origins = ["https://gallery.example.com", None, "https://evil.example.com", "https://gallery.example.com"]
    answers = [httpx.get(url, headers={"Origin": origin} if origin else None) for origin in origins]
    allowed = [answer.headers.get("Access-Control-Allow-Origin") for answer in answers]
    assert allowed == [origins[0], None, None, origins[0]]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == len(answers)


def test_the_figures_are_asked_of_the_processes_themselves(stack):
    process = f"http://127.0.0.1:{stack.web_ports[0]}/metrics"
    assert httpx.get(process).status_code == 200
    # The figures are for loopback alone, and the process believes nginx about who asks.
    assert httpx.get(process, headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 404
    refused(httpx.get(f"{stack.url}/metrics"), 404, "not_found")


def test_what_the_service_refuses_passes_as_it_is(stack):
    alice = stack.register("alice")
    answer = alice.post("/api/albums/", json={"name": "x" * 1_500_000}, headers={"X-Request-ID": "mine-1"})
    assert refused(answer, 413, "too_large")["request_id"] == "mine-1"
    assert answer.headers["X-Request-ID"] == "mine-1"
    too_much = ("big.jpg", bytes(51_000_000))
    refused(alice.post("/api/pictures/", files={"image": too_much}), 413, "too_large")


def test_an_upload_that_is_refused_unread_spoils_no_request_after_it(stack):
    form = {"image": ("photo.jpg", bytes(3_000_000))}
    outcomes = Counter(httpx.post(f"{stack.url}/api/pictures/", files=form).status_code for _ in range(20))
    assert outcomes == {401: 20}


def load_while(stack, happens):
    """What visitors were answered while something happened, and for a moment after it."""
    token = stack.register("alice").headers["Authorization"]
    visitors = [Visitor(stack, keep_alive=True, pause=0.05, ask=look) for _ in range(4)]
    visitors += [Visitor(stack, keep_alive=False, pause=0.05, ask=look) for _ in range(2)]
    visitors += [Visitor(stack, keep_alive=True, pause=0.05, ask=uploading(token)) for _ in range(2)]
    visitors += [Visitor(stack, keep_alive=keep, pause=0.05, ask=naming(token)) for keep in (True, False)]
    for visitor in visitors:
        visitor.start()
    time.sleep(1)
    happens()
    time.sleep(0.5)
    for visitor in visitors:
        visitor.ended.set()
    for visitor in visitors:
        visitor.join(60)
    return sum((visitor.outcomes for visitor in visitors), Counter())


@pytest.mark.fault
def test_no_request_fails_while_one_gunicorn_ends_beside_clients_that_drip(stack):
    alice = person(stack, "alice")
    token = alice.headers["Authorization"]
    command = [sys.executable, "-m", "tests.stack.slow", str(stack.port), "10", "40", "60", token]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as slow:

        def end():
            stack.webs[0].send_signal(signal.SIGTERM)
            stack.webs[0].wait(timeout=40)

        outcomes = load_while(stack, end)
        stack.restart_web(0)
        became = json.loads(slow.stdout.read())
    assert set(outcomes) == {201, 401}, outcomes
    assert became["heads"] == {"dropped": 10}
    assert became["bodies"] == {"400, dropped": 40}
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 0


@pytest.mark.fault
def test_no_request_fails_while_one_after_the_other_who_takes_bodies_ends(stack):
    def end():
        for number in (0, 1):
            stack.serves[number].send_signal(signal.SIGTERM)
            stack.serves[number].wait(timeout=40)
            stack.restart_serve(number)

    outcomes = load_while(stack, end)
    assert set(outcomes) == {201, 401}, outcomes


def test_who_vanishes_in_the_middle_of_a_body_leaves_nothing(stack):
    alice = person(stack, "alice")
    head = (
        "POST /api/pictures/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Authorization: {alice.headers['Authorization']}\r\nContent-Length: 9000000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    )
    for reset in (False, True) * 3:
        with socket.create_connection(("127.0.0.1", stack.port)) as client:
            client.sendall(head.encode() + pictures.jpeg() + bytes(2_000_000))
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    incoming = stack.data_dir / "media/incoming"
    deadline = time.monotonic() + 10
    while left := [path for path in incoming.glob("*") if path.suffix != ".lock"]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}


@pytest.mark.fault
def test_no_request_fails_while_a_gunicorn_loads_anew(stack):
    before = stack.children(stack.webs[0])

    def reload():
        stack.webs[0].send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 40
        while set(stack.children(stack.webs[0])) & set(before):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    outcomes = load_while(stack, reload)
    assert set(outcomes) == {201, 401}, outcomes


@pytest.mark.fault
def test_after_a_killed_worker_the_next_requests_are_answered(stack):
    os.kill(stack.children(stack.webs[1])[0], signal.SIGKILL)
    answers = [httpx.get(f"{stack.url}/api/plans/", timeout=30).status_code for _ in range(20)]
    assert set(answers) == {401}


def test_a_download_that_breaks_off_behind_nginx_is_no_use(stack):
    content = pictures.encode(pictures.noise(2400, 2400, seed=5), "png", compress_level=0)
    breaks_off_without_a_use(*maker(person(stack, "alice"), content), content)
