"""Who may read the data folder: its owner alone, unless somebody shares it on purpose."""

import os
import stat

import pytest

from albumen.operations import data_folder
from tests import pictures
from tests.commands import manage


@pytest.fixture
def umask():
    """Have the usual umask, and put it back after the test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def new_file(folder):
    (folder / "new").write_text("")
    return mode(folder / "new")


@pytest.mark.usefixtures("umask")
def test_the_folder_of_a_checkout_is_closed_with_a_sentence(settings, tmp_path, capsys):
    settings.BASE_DIR, settings.DATA_DIR = tmp_path, tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o755)
    data_folder.keep_private()
    assert (mode(settings.DATA_DIR), new_file(settings.DATA_DIR)) == (0o700, 0o600)
    assert f"The data folder {settings.DATA_DIR} was open to others (mode 755)" in capsys.readouterr().err
    data_folder.keep_private()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize(("folder", "file"), [(0o770, 0o644), (0o750, 0o644), (0o755, 0o644), (0o700, 0o600)])
def test_a_folder_that_is_named_keeps_its_mode(settings, tmp_path, folder, file):
    settings.BASE_DIR, settings.DATA_DIR = tmp_path / "checkout", tmp_path / "shared"
    settings.DATA_DIR.mkdir()
    settings.DATA_DIR.chmod(folder)
    data_folder.keep_private()
    assert (mode(settings.DATA_DIR), new_file(settings.DATA_DIR)) == (folder, file)


def test_what_the_service_makes_is_its_owners_alone(own_server):
    """Also where its processes are started with a lax umask."""
    assert manage(own_server.data_dir, "migrate", "--verbosity", "0") == (0, "")
    own_server.start()
    alice = own_server.register("alice")
    assert alice.post("/api/pictures/", files={"image": ("a.jpg", pictures.jpeg())}).status_code == 201
    found = list(own_server.data_dir.rglob("*"))
    assert len(found) > 5
    assert [path for path in (own_server.data_dir, *found) if mode(path) & 0o077] == []
