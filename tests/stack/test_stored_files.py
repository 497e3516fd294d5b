"""Files that nginx sends for the service (ALBUMEN_X_ACCEL): every answer is the one that the service would give."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests import pictures
from tests.background.conftest import ended, use_plan
from tests.http.problems import refused
from tests.server import Server, free_port, let_in
from tests.stack.nginx import connected
from tests.stack.stack import DEFAULTS, NGINX_CONF, Nginx

# Longer than what is sent from memory.
CONTENT = pictures.encode(pictures.noise(500, 400, seed=3), "png", compress_level=0)
SIZE = len(CONTENT)
LONG_AGO, FAR_AHEAD = "Wed, 01 Jan 2025 00:00:00 GMT", "Wed, 01 Jan 2250 00:00:00 GMT"
GALLERY = "https://gallery.example.com"


class Behind(Server):
    """A server with its worker behind an nginx, which has its files in the folder `files`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder / "data",
            ALBUMEN_X_ACCEL="true",
            ALBUMEN_WORKERS="1",
            ALBUMEN_TRUSTED_PROXIES="1",
            ALBUMEN_HSTS_SECONDS="60",
            ALBUMEN_CORS_ORIGINS=GALLERY,
        )
        own = free_port()
        filled = DEFAULTS | {
            "ALBUMEN_NGINX_LISTEN": f"127.0.0.1:{own}",
            "ALBUMEN_NGINX_DIR": str(folder / "nginx"),
            "ALBUMEN_NGINX_WEB": f"server 127.0.0.1:{self.port};",
            "ALBUMEN_NGINX_WS": f"server 127.0.0.1:{self.port};",
            "ALBUMEN_NGINX_FILES": str(folder / "files"),
            "ALBUMEN_NGINX_SCHEME": "https",
        }
        self.nginx = Nginx(folder, NGINX_CONF.read_text(), filled)
        self.media, self.files = folder / "data/media", folder / "files"
        self.front = f"http://127.0.0.1:{own}"

    def original(self, client: Any, content: bytes = CONTENT, **fields: Any) -> str:
        """Upload a picture, and return its original's path."""
        answer = client.post("/api/pictures/", files={"image": ("photo.png", content)}, data=fields)
        assert answer.status_code == 201, answer.text
        return urlsplit(answer.json()["original"]).path

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.front + path, headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    server = Behind(tmp_path_factory.mktemp("behind"))
    server.start()
    server.nginx.start()
    connected(urlsplit(server.front).port).close()
    yield server
    server.nginx.stop()
    server.remove()


@pytest.fixture
def alice(behind):
    client = behind.register("alice")
    use_plan(behind, client, "Enterprise")
    return client


@pytest.fixture
def shared(behind):
    """Nginx has the service's own folder."""
    behind.media.mkdir(parents=True, exist_ok=True)
    behind.files.symlink_to(behind.media)
    yield
    behind.files.unlink()


@pytest.fixture
def apart(behind):
    """Nginx has a folder of its own, so that it shows who has sent a file."""
    behind.files.mkdir()
    yield behind.files
    shutil.rmtree(behind.files)


def asked_of(etag: str) -> list[dict[str, str]]:
    """Return the headers of requests; the first few are the commonest."""
    ranges = ["bytes=0-9", "bytes=5-", "bytes=-5", "bytes=0-0", f"bytes=10-{SIZE * 9}", f"bytes=-{SIZE * 9}"]
    ranges += [f"bytes={SIZE * 9}-", "bytes=-0", "bytes=0-4,6-9", "bytes=9-0", "bytes=-", "bytes=x-", "lines=0-9"]
    ranges += ["Bytes=0-9", "bytes=0 - 9", "bytes=0-" + "9" * 18, "bytes=0-" + "9" * 40, "bytes=007-9"]
    tags = [etag, f"W/{etag}", '"other"', f'"other", {etag}', "*", "no quotes", ""]
    dates = [LONG_AGO, FAR_AHEAD, "yesterday"]
    part = {"Range": "bytes=0-9"}
    headers: list[dict[str, str]] = [
        {},
        part,
        {"Origin": GALLERY},
        {"Origin": GALLERY, **part},
        {"If-None-Match": etag},
    ]
    headers += [{"Range": text} for text in ranges]
    headers += [{"If-Range": text, **part} for text in (*tags, *dates)]
    headers += [{name: tag, **more} for name in ("If-None-Match", "If-Match") for tag in tags for more in ({}, part)]
    headers += [
        {name: date, **more}
        for name in ("If-Modified-Since", "If-Unmodified-Since")
        for date in dates
        for more in ({}, part, {"If-Match": etag}, {"If-None-Match": '"other"'})
    ]
    headers += [{"Origin": "https://evil.example.com"}, {"Accept": "text/html"}, {"Accept-Language": "ru"}]
    headers += [{"X-Accel-Redirect": "/-stored/x"}, {"X-Sendfile-Type": "X-Accel-Redirect"}, {"X-Sendfile-Type": ""}]
    return [*headers, {"Cookie": "sessionid=x"}, {"Authorization": "Bearer x"}, {"Accept-Encoding": "gzip"}]


COMMON = 5


def answers(behind: Behind, paths: list[str], few: list[str]) -> dict[Any, Any]:
    """Return what each request got: the status, the headers but the date, and the bytes. `few` paths are asked for in
    the commonest ways alone."""
    got: dict[Any, Any] = {}
    with httpx.Client(base_url=behind.front, headers={"X-Request-ID": "mine"}) as client:

        def ask(method: str, path: str, headers: dict[str, str], content: bytes | None = None) -> None:
            answer = client.request(method, path, headers=headers, content=content)
            kept = sorted((name, text) for name, text in answer.headers.multi_items() if name != "date")
            got[method, path, content, *headers.items()] = answer.status_code, kept, answer.content

        for path in (*paths, *few):
            asked = asked_of(client.get(path).headers.get("ETag", '"none"'))
            for headers in asked[:COMMON] if path in few else asked:
                ask("GET", path, headers)
            for headers in asked[:COMMON]:
                ask("HEAD", path, headers)
            ask("POST", path, {})
            ask("OPTIONS", path, {"Origin": GALLERY, "Access-Control-Request-Method": "GET"})
            ask("GET", path, {"X-Sendfile-Type": "X-Accel-Redirect"}, b"a body")
    return got


def test_every_answer_is_that_of_the_service(behind, alice, shared):
    bob = behind.register("bob")
    organization = alice.post("/api/organizations/", json={"name": "Club"}).json()["id"]
    let_in(alice, organization, bob)
    # With metadata, which others than the owner do not get.
    given = behind.original(alice, pictures.with_gps())
    number = given.split("/")[2]
    shown = {"name": "shown", "organization": organization, "visibility": "organization"}
    album = alice.post("/api/albums/", json=shown).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", json={"pictures": [int(number)]}).raise_for_status()
    of_bob = urlsplit(bob.get(f"/api/pictures/{number}/").json()["original"]).path
    archive = urlsplit(ended(alice, alice.post("/api/profile/export/"))["result"]["url"]).path
    own = behind.original(alice, name='Grüße, "you".png')
    paths = [own, archive]
    few = [of_bob, f"{own[:-2]}x/", own.replace("/original/", "/200/"), own.rstrip("/")]
    by_nginx = answers(behind, paths, few)
    behind.stop()
    behind.start(ALBUMEN_X_ACCEL="false")
    by_the_service = answers(behind, paths, few)
    behind.stop()
    behind.start()
    differing = [key for key in by_nginx if by_nginx[key] != by_the_service[key]]
    assert not differing, [(key, by_nginx[key][:2], by_the_service[key][:2]) for key in differing[:3]]
    assert by_nginx.keys() == by_the_service.keys()
    statuses = {answer[0] for answer in by_nginx.values()}
    assert statuses >= {200, 206, 304, 403, 405, 412, 416}
    assert by_nginx["GET", own, None][2] == CONTENT
    assert not any("accel" in name for _, headers, *_ in by_nginx.values() for name, *_ in headers)


def placed(behind: Behind, apart: Path, content: bytes) -> Path:
    """Put other bytes where nginx looks for the newest original; return where."""
    newest = max((behind.media / "originals").glob("*/*"), key=lambda path: path.stat().st_mtime_ns)
    place = apart / newest.relative_to(behind.media)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def test_nginx_sends_what_the_service_has_checked(behind, alice, apart):
    path = behind.original(alice, pictures.png(seed=4))
    placed(behind, apart, b"what nginx has")
    assert behind.get(path).content == b"what nginx has"
    assert behind.get(path, Range="bytes=5-9").content == b"nginx"
    number = path.split("/")[2]
    link = alice.post(f"/api/pictures/{number}/links/", json={"expiring_time_seconds": 300, "max_uses": 1}).json()[
        "url"
    ]
    # Its uses are counted by the service, which therefore sends it.
    assert behind.get(urlsplit(link).path).content == pictures.png(seed=4)
    refused(behind.get(urlsplit(link).path), 410, "link_used_up")
    refused(behind.get(f"{path[:-2]}x/"), 403, "invalid_signature")
    assert alice.delete(f"/api/pictures/{number}/").status_code == 204
    refused(behind.get(path), 404, "not_found")


def test_nobody_gets_there_by_an_address_or_a_header(behind, alice, apart):
    behind.original(alice, pictures.png(seed=5))
    place = placed(behind, apart, b"secret")
    inside = f"/-stored/{place.relative_to(apart)}"
    for path in (inside, f"/%2Dstored/{place.relative_to(apart)}", f"/-refused/..{inside}", f"//{inside}"):
        for headers in (
            {},
            {"X-Accel-Redirect": inside, "X-Sendfile-Type": "X-Accel-Redirect", "X-Original-URL": inside},
        ):
            refused(behind.get(path, **headers), 404, "not_found")
    listed = behind.get("/api/plans/", X_Accel_Redirect=inside, X_Sendfile_Type="X-Accel-Redirect")
    assert listed.status_code == 401


def test_what_is_not_there_for_nginx_comes_from_the_service(behind, alice, apart):
    path = behind.original(alice, pictures.png(seed=6))
    assert behind.get(path).content == pictures.png(seed=6)
    assert behind.get(path, Range="bytes=1-3").content == b"PNG"
    for original in (behind.media / "originals").glob("*/*"):
        original.unlink()
    answer = behind.get(path, Origin=GALLERY)
    refused(answer, 404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == GALLERY


def test_the_service_leaves_bytes_only_to_an_nginx_that_asks(behind, alice):
    path = behind.original(alice, pictures.png(seed=7))
    asking = {"X-Sendfile-Type": "X-Accel-Redirect"}
    left = httpx.get(behind.url + path, headers=asking)
    assert left.headers["X-Accel-Redirect"].startswith("/-stored/originals/")
    assert (left.status_code, left.content) == (200, b"")
    part = httpx.get(behind.url + path, headers=asking | {"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"")
    assert httpx.get(behind.url + path).content == pictures.png(seed=7)
    assert httpx.head(behind.url + path, headers=asking).headers["Content-Length"] == str(len(pictures.png(seed=7)))
