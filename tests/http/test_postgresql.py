"""What only PostgreSQL can get wrong. `ALBUMEN_TEST_DATABASE=postgres make test` runs everything on it."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from tests.http.conftest import ids, rows_of
from tests.http.problems import refused

pytestmark = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs ALBUMEN_TEST_DATABASE=postgres")

ORDERED = {
    ("accounts_user", "first_name"),
    ("accounts_user", "first_name_key"),
    ("accounts_user", "last_name"),
    ("accounts_user", "last_name_key"),
    ("library_album", "name"),
    ("library_album", "name_key"),
    ("library_picture", "name"),
    ("library_picture", "name_key"),
    ("organizations_organization", "name"),
    ("organizations_organization", "name_key"),
    ("plans_plan", "name"),
    ("plans_plan", "name_key"),
}


def test_what_lists_are_ordered_by_is_compared_by_code_points(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE collation_name = 'C' AND table_schema = 'public'"
        )
        assert set(cursor.fetchall()) == ORDERED


def test_names_come_in_one_order_whatever_the_locale(alice):
    names = ["Zebra", "apple", "Éclair", "eclair", "_x", "10", "9", "Apple", "zebra", "日本"]
    made = dict(zip(names, rows_of(alice, len(names), name=lambda number: names[number]), strict=True))
    order, address = [], "/api/pictures/?ordering=name&page_size=3"
    while address:
        page = alice.get(address)
        order += ids(page)
        address = page.json()["next"]
    expected = ["9", "10", "_x", "apple", "Apple", "Éclair", "eclair", "Zebra", "zebra", "日本"]
    assert order == [made[name] for name in expected]


def test_a_link_to_a_picture_that_goes_at_the_same_moment_is_a_conflict(committed, alice, person):
    alice.use_plan(original=True, expiring_links=True)
    picture = alice.upload().json()["id"]
    outside = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    for name in ("pool", "context", "prepare_threshold"):
        outside.pop(name, None)
    with ThreadPoolExecutor(1) as thread, psycopg.connect(**outside) as other:
        other.execute("DELETE FROM library_picture WHERE id = %s", [picture])
        asked = thread.submit(_ask_for_link, alice, picture)
        # The row is locked, so the answer waits: for the check of what the link belongs to, at its commit.
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while other.execute(waiting).fetchone() == (0,):
            assert not asked.done()
            time.sleep(0.02)
        other.commit()
        refused(asked.result(timeout=30), 409, "conflict")


def _ask_for_link(person, picture: int):
    try:
        return person.post(f"/api/pictures/{picture}/links/", {"expiring_time_seconds": 300})
    finally:
        connection.close()
