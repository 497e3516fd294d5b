"""One account that keeps a server busy, in a process of its own: `python -m bench.one_account PORT TOKEN COUNT [PNG]`.

COUNT clients link pictures on a server that sends a byte a second or, with a file, upload that. Each of them waits for
its answer, and then for as long as Retry-After says, until standard input ends. Prints how often there was which
status, as JSON.
"""

import asyncio
import http.client
import json
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from bench.uploads import BOUNDARY, _form

# It has to stand in ALBUMEN_REMOTE_ALLOW before the server starts.
SLOW_HOST = "127.0.0.1:48721"


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(1)


async def _serve_slowly() -> None:
    host, port = SLOW_HOST.split(":")
    async with await asyncio.start_server(_drip, host, int(port), backlog=200) as server:
        await server.serve_forever()


def _client(port: int, headers: dict[str, str], body: bytes, statuses: Counter[int]) -> None:
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request("POST", "/api/pictures/", body, headers)
            answer = connection.getresponse()
            answer.read()
        except OSError:
            time.sleep(1)
            continue
        finally:
            connection.close()
        statuses[answer.status] += 1
        time.sleep(float(answer.headers.get("Retry-After", "0")))


def main() -> None:
    port, token, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    headers = {"Authorization": token, "Content-Type": "application/json"}
    if len(sys.argv) > 4:
        body = _form(Path(sys.argv[4]).read_bytes())
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
    else:
        body = json.dumps({"image_url": f"http://{SLOW_HOST}/picture.jpg"}).encode()
        threading.Thread(target=asyncio.run, args=(_serve_slowly(),), daemon=True).start()
        time.sleep(0.5)
    statuses: Counter[int] = Counter()
    for _ in range(count):
        threading.Thread(target=_client, args=(port, headers, body, statuses), daemon=True).start()
    sys.stdin.read()
    print(json.dumps(statuses), flush=True)


if __name__ == "__main__":
    main()
