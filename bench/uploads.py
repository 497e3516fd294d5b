"""Uploads a second through HTTP, beside what the imaging module does alone, in one run.

The same 12-megapixel photos and the same two thumbnail heights, with four clients on one server process and with as
many threads as there are decoders on the imaging module; rounds of both in turn, and the ratio of the medians.
"""

import http.client
import itertools
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.photos import make_photo
from tests.server import Server

CLIENTS = 4
ROUNDS = 5
JOBS = 40
HEIGHTS = (400, 200)
BOUNDARY = "albumen-bench"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
_numbers = itertools.count()


def _rate(workers: int, job: Callable[[int, int], None], jobs: int = JOBS) -> float:
    """Jobs a second when `workers` threads share so many jobs; a job is told its thread and its number."""
    numbers = iter(range(jobs))
    lock = threading.Lock()

    def work(worker: int) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            job(worker, number)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return jobs / (time.perf_counter() - begun)


def _form(photo: bytes, **fields: str) -> bytes:
    """The multipart body of an upload."""
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
    return f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()


def distinct(photo: bytes) -> bytes:
    """Return a JPEG file with a number that no other has in a comment, since equal bytes would be stored once."""
    return photo[:2] + b"\xff\xfe\x00\x0a" + next(_numbers).to_bytes(8, "big") + photo[2:]


def run() -> None:
    from albumen import imaging

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        photos = []
        for seed in range(4):
            photo = root / f"photo-{seed}.jpg"
            make_photo(photo, seed=seed)
            photos.append(photo)
        bodies = [_form(photo.read_bytes()) for photo in photos]
        server = Server(root / "data")
        server.start()
        try:
            tokens = [server.register(f"client{number}").headers["Authorization"] for number in range(CLIENTS)]
            connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in tokens]
            server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")

            def upload(worker: int, number: int) -> None:
                headers = {
                    "Authorization": tokens[worker],
                    "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
                }
                connections[worker].request("POST", "/api/pictures/", bodies[number % len(bodies)], headers)
                answer = connections[worker].getresponse()
                text = answer.read()
                assert answer.status == http.HTTPStatus.CREATED, text

            def render(worker: int, number: int) -> None:
                targets = [imaging.Target(root / f"{worker}-{height}", height) for height in HEIGHTS]
                imaging.render(photos[number % len(photos)], targets, webp=True)

            decoders = os.cpu_count() or 1
            _rate(CLIENTS, upload)
            _rate(decoders, render)
            through_http, alone = [], []
            for _ in range(ROUNDS):
                through_http.append(_rate(CLIENTS, upload))
                alone.append(_rate(decoders, render))
            served, module = statistics.median(through_http), statistics.median(alone)
            print(f"uploads through HTTP, {CLIENTS} clients: {served:6.1f}/s  {[round(x, 1) for x in through_http]}")
            print(f"imaging alone, {decoders} threads:        {module:6.1f}/s  {[round(x, 1) for x in alone]}")
            print(f"ratio: {served / module:.0%} (goal: at least 80 %)")
        finally:
            server.stop()
            imaging.shutdown()


if __name__ == "__main__":
    run()
