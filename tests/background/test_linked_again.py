"""Linked pictures are looked at again, and their owners are told what has gone."""

import time

from tests import pictures
from tests.remote_site import Elsewhere
from tests.server import Server


def test_a_linked_picture_that_has_gone_says_so(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    url = elsewhere.put("leaves.jpg", pictures.jpeg(seed=51))
    made = alice.post("/api/pictures/", json={"image_url": url}).json()
    assert made["link_problem"] is None
    (elsewhere.folder / "leaves.jpg").unlink()
    working_server.sql("UPDATE library_picture SET link_checked_at = '2020-01-01 00:00:00' WHERE id = ?", made["id"])
    working_server.manage(
        "shell",
        "-c",
        "from albumen.tasks.services import start_task; from django.utils import timezone;"
        "start_task(kind='recheck_linked', owner_id=None, arguments={}, now=timezone.now())",
    )
    deadline = time.monotonic() + 60
    problem = None
    while problem is None and time.monotonic() < deadline:
        problem = alice.get(f"/api/pictures/{made['id']}/").json()["link_problem"]
        time.sleep(0.1)
    assert problem == "url_not_an_image"
