"""The documented commands that back an installation up and restore it, carried out beside a server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests import pictures
from tests.background.conftest import upload, use_plan
from tests.commands import plain_environment
from tests.postgres import Postgres, Unavailable, create_database, programs
from tests.server import ROOT, Server


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    try:
        server = Postgres()
    except Unavailable as reason:
        pytest.skip(f"PostgreSQL cannot be started here: {reason}")
    yield server
    server.stop()


def carried_out(command: str, here: Path, **env: str | Path) -> None:
    said = plain_environment() | {name: os.fspath(value) for name, value in env.items()}
    done = subprocess.run(
        ["bash", "-eu", "-c", command], cwd=here, env=said, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def documented(*, on_postgres: bool) -> tuple[str, str]:
    """The commands that back up, and those that restore."""
    text = (ROOT / "docs/operations.md").read_text()
    chapter = text[text.index("\n## Back up and restore") :].partition("\n## Database")[0]
    back_up, dump, load, restore = re.findall(r"```sh\n(.*?)```", chapter, flags=re.DOTALL)
    if not on_postgres:
        return back_up, restore
    first, files = re.split(r"(?<!\\)\n", back_up, maxsplit=1)
    assert "VACUUM" in first
    return dump + files, load + restore


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    here = tmp_path / "checkout"
    here.mkdir()
    (here / ".venv").symlink_to(sys.prefix)
    (here / "manage.py").symlink_to(ROOT / "manage.py")
    return here


def test_what_was_backed_up_is_all_there_again(tmp_path: Path, checkout: Path) -> None:
    on_sqlite: dict[str, str | Path] = {"DATABASE_URL": ""}
    back_up_and_restore(tmp_path, checkout, documented(on_postgres=False), on_sqlite, on_sqlite)


@pytest.mark.fault
def test_what_was_backed_up_from_postgresql_is_all_there_again(
    tmp_path: Path, checkout: Path, postgres: Postgres
) -> None:
    places: list[dict[str, str | Path]] = []
    for name in ("first", "second"):
        url = create_database(postgres.url, name)
        service = tmp_path / f"{name}.conf"
        service.write_text(
            f"[albumen]\nhost={parse_qs(urlsplit(url).query)['host'][0]}\nuser=postgres\ndbname={name}\n"
        )
        path = f"{programs()}{os.pathsep}{os.environ['PATH']}"
        places.append({"DATABASE_URL": url, "PGSERVICEFILE": service, "PATH": path})
    back_up_and_restore(tmp_path, checkout, documented(on_postgres=True), *places)


def back_up_and_restore(
    tmp_path: Path,
    checkout: Path,
    commands: tuple[str, str],
    there: dict[str, str | Path],
    here: dict[str, str | Path],
) -> None:
    back_up, restore = commands
    backup = tmp_path / "backup"
    backup.mkdir()
    first = Server(tmp_path / "first", DATABASE_URL=str(there["DATABASE_URL"]))
    first.start()
    try:
        alice = first.register("alice")
        use_plan(first, alice, "Enterprise")
        avatar = alice.put("/api/profile/avatar/", files={"avatar": ("me.jpg", pictures.jpeg(seed=5))})
        assert avatar.status_code in (200, 201), avatar.text
        before = upload(alice, seed=1)
        carried_out(back_up, checkout, **there, ALBUMEN_DATA_DIR=first.data_dir, BACKUP=backup)
        assert (first.data_dir / "last_backup").exists(), "which the admin panel reads"
        upload(alice, seed=2)
    finally:
        first.stop()

    carried_out(restore, checkout, **here, ALBUMEN_DATA_DIR=tmp_path / "second", BACKUP=backup)
    second = Server(tmp_path / "second", DATABASE_URL=str(here["DATABASE_URL"]), PORT=str(first.port))
    second.port, second.url = first.port, first.url
    second.start()
    try:
        # The login and the addresses go on working, because the key came over.
        (picture,) = alice.get("/api/pictures/").json()["results"]
        assert picture["id"] == before["id"]
        assert httpx.get(before["original"]).content == pictures.jpeg(seed=1)
        thumbnail = before["thumbnails"][0]
        assert pictures.opened(httpx.get(thumbnail["url"]).content).height == thumbnail["height"]
        assert alice.get(alice.get("/api/profile/").json()["avatar"]).status_code == 200
    finally:
        second.stop()
