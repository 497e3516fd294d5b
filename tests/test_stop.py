"""A server that is told to end, under load: every request on an open connection has its whole answer; and every
request where systemd holds the listening socket."""

import asyncio
import http.client
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

import pytest
from django.http import HttpResponse

from albumen.uploads.temporary import BodyIncomplete
from tests import pictures
from tests.server import ROOT

CLIENTS = 6
BOUNDARY = "between"


class Visitor(threading.Thread):
    """Asks again and again, until the server takes no more connections, or `ended` is set."""

    def __init__(self, server, *, keep_alive, pause, ask):
        super().__init__(daemon=True)
        self.server, self.keep_alive, self.pause, self.ask = server, keep_alive, pause, ask
        self.outcomes = Counter()
        self.ended = threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        while not self.ended.is_set():
            if connection.sock is None:
                try:
                    connection.connect()
                except ConnectionRefusedError:
                    return
            try:
                sent = time.monotonic()
                self.ask(connection, {} if self.keep_alive else {"Connection": "close"})
                answer = connection.getresponse()
                answer.read()
                self.outcomes[answer.status] += 1
            except (OSError, http.client.HTTPException) as error:
                waited = time.monotonic() - sent
                self.outcomes[f"{error!r} after {waited:.2f} s, {'kept' if self.keep_alive else 'new'}"] += 1
                return
            if not self.keep_alive:
                connection.close()
            time.sleep(random.random() * self.pause)


def look(connection, headers):
    connection.request("GET", "/api/plans/", headers=headers)


def naming(token):
    """Makes an album."""
    signed = {"Authorization": token, "Content-Type": "application/json"}

    def make(connection, headers):
        connection.request("POST", "/api/albums/", body=b'{"name": "one more"}', headers=headers | signed)

    return make


def uploading(token):
    """Sends a small picture."""
    body = b"\r\n".join(
        (
            f"--{BOUNDARY}".encode(),
            b'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\n',
            pictures.jpeg(400, 300),
            f"--{BOUNDARY}--\r\n".encode(),
        )
    )
    signed = {"Authorization": token, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    def upload(connection, headers):
        connection.request("POST", "/api/pictures/", body=body, headers=headers | signed)

    return upload


@pytest.mark.fault
def test_no_request_on_an_open_connection_fails_while_the_server_ends(own_server):
    own_server.start()
    upload = uploading(own_server.register("alice").headers["Authorization"])
    visitors = [Visitor(own_server, keep_alive=True, pause=pause, ask=look) for pause in (0, 0.3) * CLIENTS]
    visitors += [Visitor(own_server, keep_alive=True, pause=0, ask=upload) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    time.sleep(2)
    own_server.stop(signal.SIGTERM)
    for visitor in visitors:
        visitor.join(60)
    outcomes = sum((visitor.outcomes for visitor in visitors), Counter())
    assert set(outcomes) == {201, 401}, outcomes


@pytest.mark.fault
def test_who_has_connected_before_the_end_is_answered(own_server):
    own_server.start()
    # The kernel makes connections for a process that stands still, and that is told to end before it can accept them.
    own_server.process.send_signal(signal.SIGSTOP)
    connections = [http.client.HTTPConnection("127.0.0.1", own_server.port, timeout=60) for _ in range(20)]
    for connection in connections:
        connection.request("POST", "/api/albums/", body=b"{}", headers={"Content-Type": "application/json"})
    own_server.process.send_signal(signal.SIGTERM)
    own_server.process.send_signal(signal.SIGCONT)
    outcomes = Counter()
    for connection in connections:
        try:
            outcomes[connection.getresponse().status] += 1
        except (OSError, http.client.HTTPException) as error:
            outcomes[repr(error)] += 1
    assert outcomes == {401: 20}
    assert own_server.stop(signal.SIGTERM) in (0, -signal.SIGTERM)


# What systemd does between the fork and the program (sd_listen_fds(3)).
GIVE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
SERVE = ("manage.py", "serve")
GUNICORN = ("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "albumen.server.wsgi")


@pytest.mark.fault
@pytest.mark.parametrize("program", [SERVE, GUNICORN], ids=["serve", "gunicorn"])
def test_who_knocks_during_a_restart_is_answered_by_the_next_process(own_server, program):
    own_server.migrate()
    with socket.create_server(("127.0.0.1", own_server.port), backlog=1024) as door:

        def start():
            number = door.fileno()
            command = [sys.executable, "-c", GIVE, str(number), *program]
            with own_server.log.open("ab") as log:
                return subprocess.Popen(
                    command, cwd=ROOT, env=own_server.env, pass_fds=[number], stdout=log, stderr=log
                )

        process, visitors = start(), []
        try:
            upload = uploading(own_server.register("alice").headers["Authorization"])
            visitors += [Visitor(own_server, keep_alive=False, pause=0.05, ask=look) for _ in range(CLIENTS)]
            visitors += [Visitor(own_server, keep_alive=False, pause=0.05, ask=upload) for _ in range(2)]
            for visitor in visitors:
                visitor.start()
            time.sleep(1)
            process.terminate()
            process.wait(30)
            before = sum((visitor.outcomes for visitor in visitors), Counter())
            process = start()
            while sum((visitor.outcomes for visitor in visitors), Counter()).total() < before.total() + 50:
                assert process.poll() is None, own_server.log.read_text()
                time.sleep(0.1)
        finally:
            for visitor in visitors:
                visitor.ended.set()
                visitor.join(60)
            process.terminate()
            process.wait(30)
    outcomes = sum((visitor.outcomes for visitor in visitors), Counter())
    assert set(before) == set(outcomes) == {201, 401}, outcomes


def test_a_thread_that_waits_for_a_body_ends_while_the_event_loop_still_runs(monkeypatch):
    from albumen.server import asgi
    from albumen.server.threads import Threads

    ended = threading.Event()

    def wait_for_body(environ, start_response):
        with suppress(BodyIncomplete):
            environ["wsgi.input"].read()
        time.sleep(0.3)
        start_response("400 Bad Request", [])
        ended.set()
        return HttpResponse(status=400)

    monkeypatch.setattr(asgi, "_http", Threads(wait_for_body, 1))
    headers = [(b"content-length", b"10"), (b"expect", b"100-continue")]
    scope = {"method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "headers": headers}

    async def serve():
        disconnected = asyncio.Event()
        states = asyncio.Queue()
        states.put_nowait({"type": "lifespan.startup"})
        sent = []

        async def receive():
            await disconnected.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message["type"])

        lifespan = asyncio.create_task(asgi.application({"type": "lifespan"}, states.get, send))
        request = asyncio.create_task(asgi.application({**scope, "type": "http"}, receive, send))
        await asyncio.sleep(0.2)
        # As uvicorn does with a request that is not answered in time.
        request.cancel()
        disconnected.set()
        states.put_nowait({"type": "lifespan.shutdown"})
        await lifespan
        assert ended.is_set()
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    asyncio.run(serve())
