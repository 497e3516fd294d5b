"""The README's walk, run as it is written, by bash and curl, against a real server."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from tests import pictures

ROOT = Path(__file__).resolve().parents[1]


def walked(server, checkout, temporary):
    """Run the README's commands in a folder like a checkout, against this server; return what they printed and the
    folder that they made for themselves."""
    checkout.mkdir()
    temporary.mkdir()
    (checkout / ".venv").symlink_to(sys.prefix)
    (checkout / "manage.py").symlink_to(ROOT / "manage.py")
    (checkout / "photo.jpg").write_bytes(pictures.jpeg(4000, 3000))
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=checkout,
        env=server.env | {"ALBUMEN": server.url, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in checkout.iterdir()} == {".venv", "manage.py", "photo.jpg"}
    (made,) = temporary.iterdir()
    return done.stdout, made


def test_the_readme_does_what_it_says(own_server, tmp_path):
    own_server.start(ALBUMEN_WORKERS="1")
    printed, here = walked(own_server, tmp_path / "checkout", tmp_path / "temporary")
    picture = json.loads((here / "picture.json").read_text())
    assert [thumbnail["plan_height"] for thumbnail in picture["thumbnails"]] == [200, 400]
    assert pictures.opened((here / "thumbnail.jpg").read_bytes()).size == (267, 200)
    assert "the same bytes" in printed
    assert pictures.opened((here / "shared.jpg").read_bytes()).size == (4000, 3000)
    assert json.loads((here / "link.json").read_text())["max_uses"] == 1
    assert re.findall(r"^(\d{3})\b", printed, flags=re.MULTILINE) == ["200", "200", "410"]
    assert '"code":"link_used_up"' in printed
    task = json.loads((here / "task.json").read_text())
    assert (task["status"], task["result"]["pictures"]) == ("succeeded", 1)
    archive = zipfile.ZipFile(here / "pictures.zip")
    assert archive.read("photo.jpg") == (tmp_path / "checkout/photo.jpg").read_bytes()
    events = json.loads((here / "events.json").read_text())
    assert events["last"] == events["results"][-1]["id"]
    assert "task.updated" in {event["type"] for event in events["results"]}
