"""`manage.py move_to`: from SQLite and the disk to PostgreSQL and S3, with nothing lost."""

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from tests import pictures
from tests.postgres import Postgres, create_database
from tests.server import Server, free_port
from tests.storage.store import BUCKET

ENTERPRISE = "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise')"


@pytest.fixture
def bucket(store: Any) -> tuple[Path, str]:
    """An empty bucket, and its URL."""
    store.line.mend()
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    folder = store.folder.with_name(name)
    folder.mkdir()
    return folder, store.url.replace(f"/{BUCKET}?", f"/{name}?")


@pytest.fixture
def on_sqlite(tmp_path: Path, monkeypatch: Any) -> Any:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    server = Server(tmp_path / "data", ALBUMEN_STORAGE_URL="")
    yield server
    server.stop()


def move(server: Server, **to: str) -> str:
    """What the command says that moves to the place which these settings name."""
    file = server.data_dir / "new.env"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in to.items()))
    return server.manage("move_to", str(file))


def refused(server: Server, **to: str) -> str:
    with pytest.raises(AssertionError) as found:
        move(server, **to)
    return str(found.value)


def shown(alice: httpx.Client) -> dict[str, Any]:
    """All that Alice can see, without the addresses, which differ with the time."""
    lists = {path: alice.get(path).json()["results"] for path in ("/api/pictures/", "/api/albums/", "/api/trash/")}
    for picture in lists["/api/pictures/"]:
        picture["original"] = httpx.get(picture["original"]).content
        picture["thumbnails"] = [httpx.get(one["url"]).content for one in picture["thumbnails"]]
    return {**lists, "avatar": alice.get("/api/profile/avatar/").content}


def test_an_installation_moves_with_everything_in_it(on_sqlite, bucket):
    folder, storage = bucket
    on_sqlite.start()
    alice = on_sqlite.register("alice")
    on_sqlite.sql(ENTERPRISE)
    album = alice.post("/api/albums/", json={"name": "Sömmer"}).json()["id"]
    ids = []
    for seed in (1, 2, 3):
        file = {"image": ("photo.png", pictures.png(500, 400, seed=seed))}
        ids.append(alice.post("/api/pictures/", files=file, data={"album": album}).json()["id"])
    alice.delete(f"/api/pictures/{ids[2]}/")
    alice.put("/api/profile/avatar/", files={"avatar": ("me.png", pictures.png())})
    body = {"height": 200, "expiring_time_seconds": 3000}
    link = alice.post(f"/api/pictures/{ids[0]}/links/", json=body).json()["url"]
    before = shown(alice)

    assert "stop the server" in refused(on_sqlite, ALBUMEN_STORAGE_URL=storage)
    on_sqlite.stop()
    server = Postgres()
    try:
        database = create_database(server.url, f"moved_{uuid.uuid4().hex}")
        where = {"DATABASE_URL": database, "ALBUMEN_STORAGE_URL": storage}
        first = move(on_sqlite, **where)
        files = len([path for path in folder.rglob("*") if path.is_file()])
        assert f"{files} files are there with the same sha256; {files} were sent now." in first
        again = move(on_sqlite, **where)
        assert "0 were sent now" in again
        assert "from before" in again

        on_sqlite.start(**where)
        (on_sqlite.data_dir / "albumen.sqlite3").rename(on_sqlite.data_dir / "old.sqlite3")
        (on_sqlite.data_dir / "media" / "originals").rename(on_sqlite.data_dir / "old")
        assert shown(alice) == before
        assert pictures.opened(httpx.get(link).content).height == 200
        new = alice.post("/api/pictures/", files={"image": ("new.png", pictures.png(seed=4))})
        assert new.status_code == 201
        assert new.json()["id"] > max(ids)
        done = on_sqlite.manage("check_integrity", "--deep", **where)
        assert "Everything agrees" in done
        on_sqlite.stop()
        (on_sqlite.data_dir / "old.sqlite3").rename(on_sqlite.data_dir / "albumen.sqlite3")
        assert "take an empty one" in refused(on_sqlite, DATABASE_URL=database)
    finally:
        on_sqlite.stop()
        server.stop()


def test_a_place_that_does_not_answer_is_named(on_sqlite):
    on_sqlite.migrate()
    nowhere = f"postgres://user:secret-word@127.0.0.1:{free_port()}/name"
    said = refused(on_sqlite, DATABASE_URL=nowhere)
    assert "does not answer" in said
    assert "secret-word" not in said


@pytest.mark.fault
def test_a_bucket_with_something_else_in_it_is_refused_and_a_torn_file_is_sent_again(on_sqlite, bucket, store):
    folder, storage = bucket
    on_sqlite.manage("migrate", "--verbosity", "0")
    for name, content in (("originals/aa/aaa", b"one"), ("originals/bb/bbb", b"two"), ("avatars/cc/ccc", b"three")):
        path = on_sqlite.data_dir / "media" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    torn, foreign = folder / "originals/aa/aaa", folder / "originals/ab/foreign"
    for path, content in ((torn, b"on"), (foreign, b"foreign")):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    assert "originals/ab/foreign, which is not here" in refused(on_sqlite, ALBUMEN_STORAGE_URL=storage)
    foreign.unlink()
    (folder / "originals/bb").mkdir()
    (folder / "originals/bb/bbb").write_bytes(b"wto")
    store.notice()
    assert "1 files differ" in refused(on_sqlite, ALBUMEN_STORAGE_URL=storage)
    (folder / "originals/bb/bbb").unlink()
    store.notice()
    assert "3 files are there with the same sha256" in move(on_sqlite, ALBUMEN_STORAGE_URL=storage)
    assert torn.read_bytes() == b"one"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (None, "cannot be read"),
        ("ALBUMEN_DEBUG=false\n", "must name DATABASE_URL, ALBUMEN_STORAGE_URL, or both"),
        ("DATABASE_URL=postgres://user:secret-word@example.com\n", "DATABASE_URL names no database"),
    ],
)
def test_a_file_that_names_no_place_is_refused_and_no_password_is_shown(db, settings, tmp_path, lines, said):
    settings.PORT = free_port()
    file = tmp_path / "new.env"
    if lines is not None:
        file.write_text(lines)
    with pytest.raises(CommandError, match=said) as found:
        call_command("move_to", file)
    assert "secret-word" not in str(found.value)
