"""The documented commands that back an installation up and restore it, carried out on SQLite beside a server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests import pictures
from tests.background.conftest import upload, use_plan
from tests.server import ROOT, Server
from tests.test_settings import plain_environment


def carried_out(command: str, data_dir: Path, backup: Path, here: Path) -> None:
    env = plain_environment() | {"ALBUMEN_DATA_DIR": os.fspath(data_dir), "BACKUP": os.fspath(backup)}
    done = subprocess.run(
        ["bash", "-eu", "-c", command], cwd=here, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_was_backed_up_is_all_there_again(tmp_path: Path) -> None:
    text = (ROOT / "docs/operations.md").read_text()
    chapter = text[text.index("\n## Back up and restore") :].partition("\n## Database")[0]
    back_up, restore = re.findall(r"```sh\n(.*?)```", chapter, flags=re.DOTALL)
    here, backup = tmp_path / "checkout", tmp_path / "backup"
    for folder in (here, backup):
        folder.mkdir()
    (here / ".venv").symlink_to(sys.prefix)
    (here / "manage.py").symlink_to(ROOT / "manage.py")

    first = Server(tmp_path / "first", DATABASE_URL="")
    first.start()
    try:
        alice = first.register("alice")
        use_plan(first, alice, "Enterprise")
        avatar = alice.put("/api/profile/avatar/", files={"avatar": ("me.jpg", pictures.jpeg(seed=5))})
        assert avatar.status_code in (200, 201), avatar.text
        before = upload(alice, seed=1)
        carried_out(back_up, first.data_dir, backup, here)
        upload(alice, seed=2)
    finally:
        first.stop()

    carried_out(restore, tmp_path / "second", backup, here)
    second = Server(tmp_path / "second", DATABASE_URL="", PORT=str(first.port))
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
