"""A command of `manage.py` in a place without an installation says which place, and makes nothing there."""

from tests.commands import manage, manage_in_turn

SECRETS = {"DJANGO_SUPERUSER_EMAIL": "dana@example.com", "DJANGO_SUPERUSER_PASSWORD": "another long sentence"}
COMMANDS = (
    "createsuperuser --noinput",
    "createsuperuser",
    "changepassword dana@example.com",
    "check_integrity",
    "sweep",
    "worker",
    "shell -c 1",
    "dbshell",
    "dumpdata",
    "move_to new.env",
    "showmigrations",
    "clearsessions",
    "db_worker",
)
NEED_NONE = ("help", "check", "makemigrations --check", "createsuperuser --help", "--version")


def assert_refused(folder, line, status, said):
    """Assert that this command line was refused, naming the folder and what to do."""
    assert status == 1, f"{line}: {said}"
    start = f"problem  settings: The data folder is {folder}, and there is no database in it."
    assert said.startswith(start), f"{line}: {said}"
    assert "Set ALBUMEN_DATA_DIR" in said, f"{line}: {said}"
    assert "`make run`" in said, f"{line}: {said}"
    assert "Traceback" not in said, f"{line}: {said}"


def test_each_command_names_the_folder_and_what_to_do(tmp_path):
    folder = tmp_path / "data"
    for line, (status, said) in manage_in_turn(folder, *COMMANDS, **SECRETS).items():
        assert_refused(folder, line, status, said)
    assert not folder.exists()


def test_the_server_names_them_too_though_it_may_make_a_secret_key(tmp_path):
    folder = tmp_path / "data"
    assert_refused(folder, "serve", *manage(folder, "serve"))
    assert not folder.exists()


def test_a_folder_that_is_there_stays_empty(tmp_path):
    status, said = manage(tmp_path, "createsuperuser", "--noinput", **SECRETS)
    assert (status, "there is no database in it" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_is_named(tmp_path):
    (tmp_path / "albumen.sqlite3").touch()
    status, said = manage(tmp_path, "sweep")
    assert status == 1
    assert f"The database in the data folder {tmp_path} is empty." in said


def test_what_needs_none_works_and_makes_none(tmp_path):
    folder = tmp_path / "data"
    for line, (status, said) in manage_in_turn(folder, *NEED_NONE).items():
        assert status == 0, f"{line}: {said}"
    assert not folder.exists()


def test_the_first_migration_makes_one(tmp_path):
    folder = tmp_path / "data"
    assert manage(folder, "migrate", "--verbosity", "0")[0] == 0
    key = (folder / "secret_key").read_text()
    status, said = manage(folder, "createsuperuser", "--noinput", **SECRETS)
    assert status == 0, said
    assert (folder / "secret_key").read_text() == key
