"""What a start does with a database that is empty, lacks a migration, has all of them, or has more."""

import os
import signal
import subprocess
import time

import httpx
import pytest
from django.db.migrations.loader import MigrationLoader

from albumen.operations import migrations
from tests import postgres
from tests.commands import manage
from tests.server import ROOT

# As a database is before the upgrade that has brought this app.
BEFORE = "migrate", "--verbosity", "0", "idempotency", "zero"
LOOK = "SELECT count(*) FROM django_migrations WHERE app = ?"


@pytest.fixture
def make_run(own_server):
    """A function that starts `make run` as a terminal does, and waits for its first response. Called again, it ends
    what it started before."""
    started = []

    def end():
        if started:
            process = started.pop()
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)

    def start():
        end()
        with own_server.log.open("ab") as log:
            command = ["make", "--no-print-directory", "run"]
            process = subprocess.Popen(
                command, cwd=ROOT, env=own_server.env, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert process.poll() is None, own_server.log.read_text()
            try:
                return httpx.get(f"{own_server.url}/", timeout=30)
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(own_server.log.read_text())

    yield start
    end()


def test_make_run_begins_an_installation_and_finds_it_again(own_server, make_run):
    if own_server.postgres:
        postgres.create_database(own_server.postgres, own_server.database)
    assert make_run().status_code == 200
    alice = own_server.register("alice")
    key = (own_server.data_dir / "secret_key").read_text()
    assert make_run().status_code == 200
    assert alice.get("/api/profile/").json()["email"] == alice.email
    assert (own_server.data_dir / "secret_key").read_text() == key


def test_make_run_applies_what_an_upgrade_has_brought(own_server, make_run):
    own_server.migrate()
    own_server.manage(*BEFORE)
    assert make_run().status_code == 200
    assert own_server.sql(LOOK, "idempotency") != [(0,)]


def test_serve_alone_starts_without_it_and_says_so(own_server):
    own_server.migrate()
    own_server.manage(*BEFORE)
    own_server.start()
    assert own_server.sql(LOOK, "idempotency") == [(0,)]
    assert "unapplied migration(s)" in own_server.log.read_text()


def test_a_database_of_a_newer_version_is_served(own_server):
    own_server.migrate()
    insert = "INSERT INTO django_migrations (app, name, applied) VALUES (?, '9999_newer', CURRENT_TIMESTAMP)"
    own_server.sql(insert, "library")
    before = own_server.sql(LOOK, "library")
    own_server.start("--migrate")
    assert own_server.sql(LOOK, "library") == before
    assert "unapplied" not in own_server.log.read_text()


def test_where_migrating_fails_nothing_is_served(tmp_path):
    (tmp_path / "albumen.sqlite3").write_text("This is no database. " * 100)
    status, said = manage(tmp_path, "serve", "--migrate")
    assert (status, "file is not a database" in said, "Albumen is on" in said) == (1, True, False)


def test_those_on_the_disk_are_those_that_django_finds():
    assert migrations.on_disk() == set(MigrationLoader(None).disk_migrations)
