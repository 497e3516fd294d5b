"""To whom nginx passes what, and what it keeps to itself."""

import http.client
import json
import re
import socket
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, UDPServer

import httpx
import pytest
import yaml

from tests.server import free_port
from tests.stack.nginx import answer_to, connected, willing
from tests.stack.stack import NGINX_CONF


def test_who_refused_a_moment_ago_is_asked_once_the_other_one_is_gone(nginx_before):
    """As when one gunicorn after the other is started anew."""
    compose = yaml.safe_load((NGINX_CONF.parent / "compose.yaml").read_text())
    line = compose["services"]["nginx"]["environment"]["ALBUMEN_NGINX_WEB"]
    ports = [free_port(), free_port()]
    given = [line.replace("web:8000 resolve", f"127.0.0.1:{one}") for one in ports]
    url = f"http://127.0.0.1:{nginx_before(ports[0], WEB=' '.join(given))}/api/plans/"
    for port in ports * 2:
        with willing(port):
            connected(int(httpx.URL(url).port)).close()
            assert [httpx.get(url).status_code for _ in range(8)] == [204] * 8


def test_the_address_of_a_client_cannot_be_invented(nginx_before):
    with willing(free_port()) as service:
        port = nginx_before(service)
        connected(port).close()
        answer = httpx.get(f"http://127.0.0.1:{port}/", headers={"X-Forwarded-For": "8.8.8.8"})
    assert answer.headers["Told"] == "127.0.0.1"


@pytest.mark.parametrize("body", ["", "\r\nContent-Length: 1\r\n\r\nx"])
@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/%6Detrics?a", "//metrics", "/ws/../metrics"])
def test_the_figures_are_for_nobody_outside(nginx_before, path, body):
    with willing(free_port()) as service:
        port = nginx_before(service, WS=f"server 127.0.0.1:{service};")
        _, problem = answer_to(port, f"GET {path} HTTP/1.1\r\nHost: x{body}")
    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_an_operator_may_let_prometheus_through(nginx_before):
    (line,) = re.findall(r"`(location = /metrics .+?\})`", NGINX_CONF.read_text())
    with willing(free_port()) as service:
        port = nginx_before(service, MORE=line)
        connected(port).close()
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 204


class Telling(BaseHTTPRequestHandler):
    """Says its server's name and what it was asked."""

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) if length else b"".join(iter(self._chunk, b""))
        said = json.dumps([self.server.name, self.path, body.decode(), dict(self.headers)]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _chunk(self):
        if "Transfer-Encoding" not in self.headers:
            return b""
        piece = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return piece

    do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("head", "body", "who"),
    [
        ("GET {} HTTP/1.1\r\nHost: x", "", "web"),
        ("POST {} HTTP/1.1\r\nHost: x", "", "web"),
        ("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 0", "", "web"),
        ("DELETE {} HTTP/1.1\r\nHost: x\r\nContent-Length: 00", "", "web"),
        ("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 3", "abc", "ws"),
        ("POST {} HTTP/1.0\r\nHost: x\r\nContent-Length: 3", "abc", "ws"),
        ("GET {} HTTP/1.1\r\nHost: x\r\nContent-Length: 3", "abc", "ws"),
        ("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n", "ws"),
    ],
)
def test_who_takes_bodies_gets_each_request_that_has_one_as_it_came(nginx_before, head, body, who):
    servers = {}
    for name in ("web", "ws"):
        server = servers[name] = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
        server.name = name
        threading.Thread(target=server.serve_forever, daemon=True).start()
    named = {name.upper(): f"server 127.0.0.1:{server.server_port};" for name, server in servers.items()}
    port = nginx_before(0, **named)
    for address in ("/api//a%2Fb/%C3%A4%20/?q=%2F&r=a:b", "/files/1/1/200/1/abc", "/links/abc/", "/ws/x/"):
        with connected(port) as client:
            forged = "X-Sendfile-Type: X-Accel-Redirect"
            client.sendall(f"{head.format(address)}\r\nX-Request-ID: mine\r\n{forged}\r\n\r\n{body}".encode())
            answer = http.client.HTTPResponse(client)
            answer.begin()
            name, asked, taken, headers = json.loads(answer.read())
        # Who reads the target of a link slowly holds no thread of theirs.
        of_theirs = address.startswith(("/ws/", "/links/"))
        assert (name, asked, taken) == ("ws" if of_theirs else who, address, "abc" if body else "")
        assert headers["X-Forwarded-For"] == "127.0.0.1"
        # Nothing of this is a file that nginx sends.
        assert "X-Sendfile-Type" not in headers
        assert (headers["X-Request-ID"], answer.headers["X-Request-ID"]) == ("mine", "mine")
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("accept", "told"),
    [
        ("image/avif,image/webp,*/*;q=0.8", "image/webp,*/*;q=0.8"),
        ("text/html,image/webp,*/*;q=0.8", "text/html,image/webp,*/*;q=0.8"),
        ("text/html, */*", "text/html,*/*;q=0.8"),
        ("image/webp;q=0, application/json, text/html", "*/*"),
    ],
)
def test_who_serves_thumbnails_is_told_whether_a_page_is_wanted(nginx_before, accept, told):
    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as server:
        server.name = "web"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = nginx_before(server.server_port)
        connected(port).close()
        url = f"http://127.0.0.1:{port}/files/1/200/1/1/abc/"
        assert httpx.get(url, headers={"Accept": accept}).json()[3]["Accept"] == told
        server.shutdown()


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 3\r\nHost: y\r\n\r\nabc",
        "Content-Length: 3,3\r\n\r\nabc",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        f"Content-Length: 3\r\nX-Long: {'a' * 20000}\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["two hosts", "two lengths", "two ends", "too long", "no chunk"],
)
def test_a_malformed_request_with_a_body_is_answered_by_nginx_alone(nginx_before, lines):
    with willing(free_port()) as service:
        port = nginx_before(service)
        answer, problem = answer_to(port, f"POST /api/albums/ HTTP/1.1\r\nHost: x\r\n{lines}")
    refusal = (431, "head_too_large") if "X-Long" in lines else (400, "malformed_request")
    assert (answer.status, problem["code"]) == refusal


@contextmanager
def named(addresses):
    """A resolver on loopback that gives every name the addresses that stand in the list; answers its port."""

    class Resolver(BaseRequestHandler):
        def handle(self):
            asked, channel = self.request
            # RFC 1035, section 4.1: the head, the question again, and records that point at it.
            head = asked[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0)
            records = [struct.pack(">HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(one) for one in addresses]
            channel.sendto(head + asked[12:] + b"".join(records), self.client_address)

    with UDPServer(("127.0.0.1", 0), Resolver) as resolver:
        threading.Thread(target=resolver.serve_forever, daemon=True).start()
        yield resolver.server_address[1]
        resolver.shutdown()


@pytest.mark.skipif(sys.platform != "linux", reason="needs more than one loopback address")
def test_a_request_outlives_the_container_it_waited_for(nginx_before):
    """One that is gone says nothing; meanwhile its name loses the address, within five seconds."""
    addresses = ["127.0.0.2", "127.0.0.3"]
    with ExitStack() as opened:
        gone = opened.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        at = gone.getsockname()[1]
        filling = [opened.enter_context(socket.socket()) for _ in range(4)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", at))
        opened.enter_context(willing(at, "127.0.0.3"))
        resolver = opened.enter_context(named(addresses))
        web = f"server web.example.com:{at} resolve max_fails=0;"
        port = nginx_before(at, RESOLVER=f"127.0.0.1:{resolver}", WEB=web)
        url = f"http://127.0.0.1:{port}/api/plans/"
        connected(port).close()
        deadline = time.monotonic() + 20
        while httpx.get(url, timeout=20).status_code != 204:
            assert time.monotonic() < deadline
        addresses[:] = ["127.0.0.3"]
        until = time.monotonic() + 7

        def ask(_):
            statuses = set()
            while time.monotonic() < until:
                statuses.add(httpx.get(url, timeout=20).status_code)
            return statuses

        with ThreadPoolExecutor(4) as clients:
            assert set.union(*clients.map(ask, range(4))) == {204}
