"""What stands before and behind an nginx that is alone."""

import http.client
import json
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
