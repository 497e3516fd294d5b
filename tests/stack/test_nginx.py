"""What nginx refuses by itself, in the form of every other refusal; and whom it drops."""

import http.client
import json
import re
import socket
import struct
import subprocess
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

from albumen.web.catalogue import CATALOGUE
from tests.server import free_port
from tests.stack.stack import DEFAULTS, NGINX_CONF, Nginx


@pytest.fixture
def silent():
    """A service that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def connected(port):
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def answer_to(port, head):
    """Status, headers and problem document."""
    with connected(port) as client:
        client.sendall(head.encode() + b"\r\n\r\n")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        problem = json.loads(answer.read())
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-ID"] == problem["request_id"]
    assert problem["status"] == answer.status
    return answer, problem


def test_refusals_are_problem_documents(nginx_before):
    port = nginx_before(free_port())
    answer, problem = answer_to(port, "POST /api/pictures/ HTTP/1.1\r\nHost: x\r\nContent-Length: 150000000")
    assert (answer.status, problem["code"]) == (413, "too_large")
    answer, problem = answer_to(port, "GET /api/pictures/ HTTP/1.1\r\nHost: x\r\nX-Request-ID: mine-1")
    assert (answer.status, problem["code"], problem["request_id"]) == (502, "unreachable", "mine-1")
    assert answer.headers["Retry-After"] == "5"
    answer, problem = answer_to(port, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: \"bad'one")
    assert re.fullmatch("[0-9a-f]{32}", problem["request_id"])
    answer, problem = answer_to(port, f"GET /{'a' * 20000} HTTP/1.1\r\nHost: x")
    assert (answer.status, problem["code"]) == (414, "malformed_request")
    for wrong in ("GET / HTTP/1.1\r\nHost: x\r\nHost: y", "TRACE / HTTP/1.1\r\nHost: x", "GET / HTTP/9.9\r\nHost: x"):
        answer, problem = answer_to(port, wrong)
        assert (answer.status, problem["code"]) == (400, "malformed_request")
    answer, problem = answer_to(port, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip")
    assert (answer.status, problem["code"]) == (400, "malformed_request")
    answer, problem = answer_to(port, "GET /-body HTTP/1.1\r\nHost: x")
    assert (answer.status, problem["code"]) == (404, "not_found")


def test_one_address_has_so_many_requests_open(nginx_before, silent):
    port = nginx_before(silent, CONNECTIONS="1")
    with connected(port) as first:
        first.sendall(b"GET /api/pictures/ HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)
        answer, problem = answer_to(port, "GET /api/pictures/ HTTP/1.1\r\nHost: x")
    assert (answer.status, problem["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "5"


def test_a_head_that_stalls_is_dropped_and_the_service_never_sees_it(nginx_before):
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = nginx_before(service.getsockname()[1], PATIENCE="1s")
        with connected(port) as client:
            client.sendall(b"GET /api/pictures/ HTTP/1.1\r\nHost: x\r\nX-More: ")
            assert heard(client) == b""
        service.settimeout(0.2)
        with pytest.raises(TimeoutError):
            service.accept()


def test_a_body_that_stalls_is_dropped_on_both_sides(nginx_before):
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = nginx_before(service.getsockname()[1], PATIENCE="1s")
        with connected(port) as client:
            client.sendall(b"POST /api/pictures/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc")
            service.settimeout(20)
            with service.accept()[0] as passed:
                passed.settimeout(20)
                assert heard(client) == b""
                assert b"".join(iter(lambda: heard(passed), b"")).endswith(b"\r\n\r\nabc")


def heard(connection):
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


class Willing(BaseHTTPRequestHandler):
    """Answers every request with the address that it is told, and says nothing of it."""

    def do_GET(self):
        self.send_response(204)
        self.send_header("Told", self.headers["X-Forwarded-For"])
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def willing(port, address="127.0.0.1"):
    with ThreadingHTTPServer((address, port), Willing) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        yield port
        service.shutdown()


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
    for address in ("/api//a%2Fb/%C3%A4%20/?q=%2F&r=a:b", "/files/1/1/200/1/abc", "/ws/x/"):
        with connected(port) as client:
            client.sendall(f"{head.format(address)}\r\nX-Request-ID: mine\r\n\r\n{body}".encode())
            answer = http.client.HTTPResponse(client)
            answer.begin()
            name, asked, taken, headers = json.loads(answer.read())
        assert (name, asked, taken) == ("ws" if "/ws/" in address else who, address, "abc" if body else "")
        assert headers["X-Forwarded-For"] == "127.0.0.1"
        assert (headers["X-Request-ID"], answer.headers["X-Request-ID"]) == ("mine", "mine")
    for server in servers.values():
        server.shutdown()
        server.server_close()


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
    assert (answer.status, problem["code"]) == (400, "malformed_request")


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


def test_its_codes_are_described():
    codes = set(re.findall(r'"code":"(\w+)"', NGINX_CONF.read_text()))
    described = {code.name: code.statuses for chapter in CATALOGUE for code in chapter.codes}
    assert codes >= {"too_large", "rate_limited", "unreachable"}
    assert codes <= set(described)
    assert described["unreachable"] == (502, 504)


def test_the_lines_for_https_in_the_compose_file_hold(tmp_path):
    comments = re.findall(r"^ +#   (.+;)$", (NGINX_CONF.parent / "compose.yaml").read_text(), flags=re.MULTILINE)
    certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2"]
    subprocess.run([*make, "-out", certificate, "-keyout", key], check=True, capture_output=True, timeout=60)
    filled = DEFAULTS | {
        "ALBUMEN_NGINX_LISTEN": f"127.0.0.1:{free_port()}",
        "ALBUMEN_NGINX_DIR": str(tmp_path / "nginx"),
        "ALBUMEN_NGINX_WEB": "server 127.0.0.1:1;",
        "ALBUMEN_NGINX_WS": "server 127.0.0.1:1;",
        "ALBUMEN_NGINX_SCHEME": "https",
        "ALBUMEN_NGINX_MORE": " ".join(comments).replace("/certs", str(tmp_path)),
    }
    said = Nginx(tmp_path, NGINX_CONF.read_text(), filled).check()
    assert len(comments) == 2
    assert "warn" not in said
