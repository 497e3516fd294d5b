"""What nginx refuses by itself, in the form of every other refusal; and whom it drops."""

import http.client
import re
import socket
import subprocess
import time

import pytest

from albumen import security_policy
from albumen.error_codes import CATALOGUE
from tests.server import free_port
from tests.stack.nginx import answer_to, connected
from tests.stack.stack import DEFAULTS, NGINX_CONF, Nginx


@pytest.fixture
def silent():
    """A service that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


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


CHROME = "text/html,application/xhtml+xml,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("head", "status", "title"),
    [
        ("GET / HTTP/1.1\r\nHost: x", 502, "Not available now"),
        ("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 150000000", 413, "Too large"),
        ("GET /metrics HTTP/1.1\r\nHost: x", 404, "Not found"),
        ("TRACE / HTTP/1.1\r\nHost: x", 400, "Bad request"),
        (f"GET / HTTP/1.1\r\nHost: x\r\nX-Long: {'a' * 20000}", 431, "The headers are too large"),
    ],
)
def test_a_navigation_gets_a_page(nginx_before, head, status, title):
    port = nginx_before(free_port())
    line, rest = head.split("\r\n", 1)
    with connected(port) as client:
        client.sendall(f"{line}\r\nAccept: {CHROME}\r\n{rest}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(client)
        answer.begin()
        page = answer.read().decode()
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert f"<h1>{title}</h1>" in page
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in page
    assert answer.headers["Vary"] == "Accept"
    assert "prefers-color-scheme: dark" in page


def test_its_page_has_the_colours_of_the_others():
    shared = (NGINX_CONF.parents[1] / "albumen/web/static/web/site.css").read_text()
    style = re.search(r"<style>(.*?)</style>", NGINX_CONF.read_text(), re.DOTALL)[1]
    policy = security_policy.of_page_alone(style)
    assert re.search(r"style-src '[^']+'", policy)[0] in NGINX_CONF.read_text()
    assert set(re.findall(r"--\w+: #\w+;", NGINX_CONF.read_text())) <= set(re.findall(r"--\w+: #\w+;", shared))


@pytest.mark.parametrize("accept", ["*/*", "application/json, text/html", "text/html;q=0", "text/htmlx"])
def test_programs_get_its_refusals_as_problem_documents(nginx_before, accept):
    _, problem = answer_to(nginx_before(free_port()), f"GET / HTTP/1.1\r\nHost: x\r\nAccept: {accept}")
    assert problem["code"] == "unreachable"


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


def test_its_codes_are_described():
    said = re.search(r"map \$status \$refusal_code \{(.+?)\}", NGINX_CONF.read_text(), re.DOTALL)[1]
    codes = set(re.findall(r'"(\w+)"', said))
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
