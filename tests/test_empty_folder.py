"""A command of `manage.py` in a place without an installation says which place, and makes nothing there."""

import subprocess
import sys

import pytest

from tests.server import ROOT
from tests.test_settings import plain_environment

SECRETS = {"DJANGO_SUPERUSER_EMAIL": "dana@example.com", "DJANGO_SUPERUSER_PASSWORD": "another long sentence"}
COMMANDS = (
    "createsuperuser --noinput",
    "createsuperuser",
    "changepassword dana@example.com",
    "check_integrity",
    "sweep",
    "worker",
    "serve",
    "shell -c 1",
    "dbshell",
    "dumpdata",
    "move_to new.env",
    "showmigrations",
    "clearsessions",
    "db_worker",
)


def manage(data_dir, *arguments, **env):
    """What a command says, and its exit status."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**plain_environment(), **SECRETS, "DATABASE_URL": "", "ALBUMEN_DATA_DIR": str(data_dir), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_it_names_the_folder_and_what_to_do(tmp_path, command):
    folder = tmp_path / "data"
    status, said = manage(folder, *command.split())
    assert status == 1
    assert said.startswith(f"problem  settings: The data folder is {folder}, and there is no database in it.")
    assert "Set ALBUMEN_DATA_DIR" in said
    assert "`make run`" in said
    assert "Traceback" not in said
    assert not folder.exists()


def test_a_folder_that_is_there_stays_empty(tmp_path):
    status, said = manage(tmp_path, "createsuperuser", "--noinput")
    assert (status, "there is no database in it" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_is_named(tmp_path):
    (tmp_path / "albumen.sqlite3").touch()
    status, said = manage(tmp_path, "sweep")
    assert status == 1
    assert f"The database in the data folder {tmp_path} is empty." in said


@pytest.mark.parametrize("command", ["help", "check", "makemigrations --check", "createsuperuser --help", "--version"])
def test_what_needs_none_works_and_makes_none(tmp_path, command):
    folder = tmp_path / "data"
    status, said = manage(folder, *command.split())
    assert status == 0, said
    assert not folder.exists()


def test_the_first_migration_makes_one(tmp_path):
    folder = tmp_path / "data"
    assert manage(folder, "migrate", "--verbosity", "0")[0] == 0
    key = (folder / "secret_key").read_text()
    status, said = manage(folder, "createsuperuser", "--noinput")
    assert status == 0, said
    assert (folder / "secret_key").read_text() == key
