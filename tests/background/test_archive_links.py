"""Linked pictures in an archive, when the worker has to stop in the middle of the import."""

import io
import json
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest

from albumen.tasks.services import context
from albumen.tasks.services.execution import run_task
from albumen.web.task_types import HANDLERS
from tests import pictures
from tests.remote_site import Elsewhere


def archive_of(*urls: str) -> Any:
    linked = [{"id": number, "name": f"Linked {number}", "image_url": url} for number, url in enumerate(urls, start=1)]
    albums = {"albums": [{"name": "Both", "pictures": [1, 2]}]}
    file = io.BytesIO()
    file.name = "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"version": 1, "pictures": linked}))
        archive.writestr("albums.json", json.dumps(albums))
    file.seek(0)
    return file


def start(client: Any, archive: Any) -> int:
    task: int = client.post("/api/pictures/import/", {"archive": archive}, format="multipart").json()["id"]
    return task


@pytest.mark.parametrize("stops_at", ["first", "second"])
def test_a_picture_is_linked_once_however_its_url_is_spelt(
    alice: Any, elsewhere: Elsewhere, settings: Any, monkeypatch: Any, stops_at: str
) -> None:
    settings.REMOTE_ALLOW = [elsewhere.pair]
    urls = [elsewhere.put(f"{stops_at}-{name}.jpg", pictures.jpeg()) + "#top" for name in ("first", "second")]
    task = start(alice, archive_of(*urls))

    with monkeypatch.context() as patches:
        told_to_stop = SimpleNamespace(is_set=lambda: elsewhere.fetched[f"/{stops_at}-{stops_at}.jpg"] > 0)
        patches.setattr(context, "stopping", told_to_stop)
        run_task(HANDLERS, task)
    assert alice.get(f"/api/tasks/{task}/").json()["status"] == "queued"
    run_task(HANDLERS, task)

    result = alice.get(f"/api/tasks/{task}/").json()["result"]
    assert result == {"pictures": 2, "existing": 0, "refused": 0, "refusals": [], "albums": 1}
    assert len(alice.get("/api/pictures/").json()["results"]) == 2

    again = start(alice, archive_of(*urls))
    run_task(HANDLERS, again)
    assert alice.get(f"/api/tasks/{again}/").json()["result"]["existing"] == 2
    assert [album["picture_count"] for album in alice.get("/api/albums/").json()["results"]] == [2]
