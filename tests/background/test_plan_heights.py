"""Old pictures after their plan's heights have changed."""

import time
from pathlib import Path

from tests.background.conftest import upload
from tests.server import Server


def test_thumbnails_of_old_pictures_are_made_ahead(working_server: Server) -> None:
    alice = working_server.register("alice")
    sha256 = upload(alice, seed=41)["sha256"]
    working_server.manage(
        "shell",
        "-c",
        "from albumen.accounts.models import User; from albumen.plans.services import create_plan, save_plan;"
        "dana = User(is_staff=True); plan = create_plan(actor=dana, name='Growing', thumbnail_heights=[200]);"
        f"User.objects.filter(pk={alice.user['id']}).update(plan=plan);"  # type: ignore[attr-defined]
        "save_plan(actor=dana, plan=plan, thumbnail_heights=[64, 200])",
    )
    made = Path(working_server.data_dir) / "media" / "thumbnails" / sha256[:2] / sha256 / "64.webp"
    deadline = time.monotonic() + 60
    while not made.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert made.stat().st_size > 0
