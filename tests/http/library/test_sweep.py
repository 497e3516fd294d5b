"""`manage.py sweep`: what no row names goes after a day, old trash goes for good, everything else stays."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command

from albumen.accounts.models import User
from tests import pictures
from tests.http.library.conftest import body_of, shown

YESTERDAY = 25 * 3600


def age(*paths: Path, seconds: int = YESTERDAY) -> None:
    moment = time.time() - seconds
    for path in paths:
        os.utime(path, (moment, moment))
        os.utime(path.parent, (moment, moment))


def leftovers(root: Path) -> list[Path]:
    """One file of each kind that no row names."""
    sha = "ab" + "0" * 62
    names = [
        f"originals/ab/{sha}",
        f"thumbnails/ab/{sha}/200.webp",
        "incoming/draft",
        "avatars/zz/zzTop",
        f"incoming/{sha}.lock",
    ]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"left")
    return [root / name for name in names]


@pytest.mark.django_db
def test_old_files_without_a_row_go(stored, settings):
    age(*leftovers(Path(settings.MEDIA_ROOT)))
    call_command("sweep")
    assert stored() == []


@pytest.mark.django_db
def test_fresh_files_without_a_row_stay(stored, settings):
    files = leftovers(Path(settings.MEDIA_ROOT))
    age(*files, seconds=23 * 3600)
    call_command("sweep")
    assert stored() == sorted(files)


def test_files_that_rows_name_stay_however_old(alice, stored):
    alice.use_plan(original=True)
    alice.put("/api/profile/avatar/", {"avatar": pictures.as_file(pictures.jpeg())}, format="multipart")
    kept, binned = alice.upload().json(), alice.upload(pictures.png()).json()
    alice.delete(f"/api/pictures/{binned['id']}/")
    files = [path for path in stored() if path.parent.name != "incoming"]
    age(*files, seconds=90 * 24 * 3600)
    call_command("sweep")
    assert [path for path in stored() if path.parent.name != "incoming"] == files
    assert alice.get("/api/profile/avatar/").status_code == 200
    alice.post(f"/api/pictures/{binned['id']}/restore/")
    assert body_of(alice.get(binned["original"])) == pictures.png()
    assert shown(alice.get(kept["thumbnails"][0]["url"])).height == 200


def test_a_purged_picture_s_files_go_a_day_after_they_came(alice, stored):
    picture = alice.upload().json()["id"]
    alice.delete(f"/api/pictures/{picture}/")
    alice.delete(f"/api/trash/{picture}/")
    call_command("sweep")
    assert stored("originals")
    age(*stored())
    call_command("sweep")
    assert stored() == []


@pytest.mark.parametrize(("days", "count"), [(29, 1), (31, 0)])
def test_the_trash_is_kept_for_thirty_days_and_its_bytes_are_given_back(alice, days, count):
    picture = alice.upload().json()
    alice.delete(f"/api/pictures/{picture['id']}/")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
        call_command("sweep")
    alice.sign_in()
    assert len(alice.get("/api/trash/").json()["results"]) == count
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": picture["bytes"] * count, "pictures": count}


def test_a_deleted_account_leaves_nothing_for_long(alice, stored):
    alice.upload()
    assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    assert not User.objects.filter(pk=alice.id).exists()
    age(*stored())
    call_command("sweep")
    assert stored() == []


def test_a_picture_that_comes_again_after_the_sweep_is_whole(alice, stored):
    alice.use_plan(original=True)
    first = alice.upload().json()
    for call in (f"/api/pictures/{first['id']}/", f"/api/trash/{first['id']}/"):
        assert alice.delete(call).status_code == 204
    age(*stored())
    again = alice.upload().json()
    call_command("sweep")
    assert body_of(alice.get(again["original"])) == pictures.jpeg()
    assert shown(alice.get(again["thumbnails"][0]["url"])).height == 200


def test_a_server_forgets_at_its_start_what_a_killed_one_left(own_server):
    incoming = own_server.data_dir / "media" / "incoming"
    incoming.mkdir(parents=True)
    old, new = incoming / "old", incoming / "new"
    for path in (old, new):
        path.write_bytes(b"half a picture")
    age(old)
    own_server.start()
    assert [path.name for path in incoming.iterdir()] == ["new"]
