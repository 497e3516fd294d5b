"""`manage.py check_integrity`: it finds what does not agree, and mends what can be mended."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from albumen.accounts.models import User
from albumen.library.models import Album, Picture
from tests import pictures
from tests.http.library.conftest import checked


def test_what_people_do_keeps_everything_right(alice, dana):
    album = alice.post("/api/albums/", {"name": "All"}).json()["id"]
    ids = [alice.upload(pictures.jpeg(seed=seed), album=album).json()["id"] for seed in range(3)]
    alice.delete(f"/api/pictures/{ids[0]}/")
    alice.put("/api/profile/avatar/", {"avatar": pictures.as_file(pictures.png())}, format="multipart")
    assert dana.delete("/api/pictures/").status_code == 204
    alice.post(f"/api/pictures/{ids[1]}/restore/")
    assert checked("--deep") == "Everything agrees.\n"


def test_wrong_counts_are_found_and_mended(alice):
    album = alice.post("/api/albums/", {"name": "All"}).json()["id"]
    alice.upload(album=album)
    User.objects.filter(pk=alice.id).update(bytes_used=1, picture_count=9)
    Album.objects.update(picture_count=7)
    with pytest.raises(CommandError, match="2 faults"):
        checked()
    assert "now that 2 faults are mended" in checked("--repair")
    assert checked() == "Everything agrees.\n"


def test_a_missing_or_damaged_original_is_found_and_cannot_be_mended(alice, settings: Any):
    first, second = alice.upload().json(), alice.upload(pictures.jpeg(seed=2)).json()
    originals = Path(settings.MEDIA_ROOT) / "originals"
    (originals / first["sha256"][:2] / first["sha256"]).unlink()
    damaged = originals / second["sha256"][:2] / second["sha256"]
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    with pytest.raises(CommandError, match="1 faults"):
        checked("--repair")
    with pytest.raises(CommandError, match="2 faults"):
        checked("--deep")
    assert Picture.objects.count() == 2


def test_a_file_without_a_row_is_a_fault_after_a_day(alice, settings: Any):
    alice.upload()
    stray = Path(settings.MEDIA_ROOT) / "originals" / "ab" / ("ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"stray")
    assert checked() == "Everything agrees.\n"
    os.utime(stray, (time.time() - 90_000,) * 2)
    with pytest.raises(CommandError, match="1 faults"):
        checked()
    assert "mended" in checked("--repair")
    assert not stray.exists()


def test_an_avatar_without_its_file_is_taken_away(alice):
    User.objects.filter(pk=alice.id).update(avatar="a" * 22)
    assert "mended: user" in checked("--repair")
    assert alice.get("/api/profile/").json()["avatar"] is None
