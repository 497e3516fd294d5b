"""`manage.py sweep`: what no row names goes after a day, old trash goes for good, everything else stays."""

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command

from albumen.accounts.models import User
from albumen.tasks.models import Task
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
    age(*files, seconds=1500)
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


def purge(person, picture, now_on_commit):
    """Delete a picture and purge it, and let happen what waits for the commit."""
    person.delete(f"/api/pictures/{picture['id']}/")
    with now_on_commit(execute=True):
        assert person.delete(f"/api/trash/{picture['id']}/").status_code == 204


def originals_and_thumbnails(stored):
    return [path for path in stored() if path.parent.name != "incoming"]


def test_a_purged_picture_s_files_go_at_once(alice, stored, django_capture_on_commit_callbacks):
    picture, other = alice.upload().json(), alice.upload(pictures.png()).json()
    age(*stored(), seconds=90)
    purge(alice, picture, django_capture_on_commit_callbacks)
    assert {path.name for path in stored("originals")} == {hashlib.sha256(pictures.png()).hexdigest()}
    assert shown(alice.get(other["thumbnails"][0]["url"])).height == 200
    purge(alice, other, django_capture_on_commit_callbacks)
    assert originals_and_thumbnails(stored) == []


def test_what_another_picture_has_stays(alice, bob, stored, django_capture_on_commit_callbacks):
    picture, same = alice.upload().json(), bob.upload().json()
    age(*stored(), seconds=90)
    purge(alice, picture, django_capture_on_commit_callbacks)
    assert shown(bob.get(same["thumbnails"][0]["url"])).height == 200
    assert len(stored("originals")) == 1


def test_what_came_within_the_last_minute_goes_in_a_minute(alice, stored, django_capture_on_commit_callbacks):
    """An upload of the same bytes may be between its file and its row."""
    purge(alice, alice.upload().json(), django_capture_on_commit_callbacks)
    assert stored("originals")
    task = Task.objects.get(kind="sweep_files", arguments={"at_once": True})
    assert timedelta(seconds=60) < task.not_before - task.created_at < timedelta(seconds=70)
    call_command("sweep", "--now")
    assert stored("originals")
    age(*stored(), seconds=90)
    call_command("sweep")
    assert stored("originals")
    call_command("sweep", "--now")
    assert originals_and_thumbnails(stored) == []


def test_the_whole_trash_is_purged_on_demand(alice, stored):
    kept = alice.upload().json()
    alice.delete(f"/api/pictures/{alice.upload(pictures.png()).json()['id']}/")
    age(*stored(), seconds=90)
    call_command("sweep", "--now", "--trash")
    assert alice.get("/api/trash/").json()["results"] == []
    assert len(stored("originals")) == 1
    assert shown(alice.get(kept["thumbnails"][0]["url"])).height == 200


def test_the_panel_frees_space_at_once(dana, alice, stored):
    dana.client.force_login(User.objects.get(pk=dana.id))
    assert "Free space now" in dana.get("/admin/").content.decode()
    assert dana.get("/admin/free-space/").status_code == 405
    assert dana.post("/admin/free-space/").status_code == 302
    task = Task.objects.get(kind="sweep_files")
    assert (task.arguments, task.not_before) == ({"at_once": True}, task.created_at)
    alice.client.force_login(User.objects.get(pk=alice.id))
    assert alice.post("/admin/free-space/").status_code in (302, 403)
    assert Task.objects.filter(kind="sweep_files").count() == 1


@pytest.mark.parametrize(("days", "count"), [(29, 1), (31, 0)])
def test_the_trash_is_kept_for_thirty_days_and_its_bytes_are_given_back(alice, days, count):
    picture = alice.upload().json()
    alice.delete(f"/api/pictures/{picture['id']}/")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
        call_command("sweep")
    alice.sign_in()
    assert len(alice.get("/api/trash/").json()["results"]) == count
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": picture["bytes"] * count, "pictures": count}


def test_a_deleted_account_leaves_nothing_for_long(alice, stored, django_capture_on_commit_callbacks):
    alice.upload()
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    task = Task.objects.get(kind="sweep_files", arguments={"at_once": True})
    assert task.not_before - task.created_at < timedelta(minutes=2)
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
