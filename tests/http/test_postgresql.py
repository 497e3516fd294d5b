"""What only PostgreSQL can get wrong. `ALBUMEN_TEST_DATABASE=postgres make test` runs everything on it."""

import pytest
from django.db import connection

from tests.http.conftest import ids, rows_of

pytestmark = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs ALBUMEN_TEST_DATABASE=postgres")

ORDERED = {
    ("accounts_user", "first_name"),
    ("accounts_user", "last_name"),
    ("library_album", "name"),
    ("library_picture", "name"),
    ("organizations_organization", "name"),
    ("plans_plan", "name"),
}


def test_what_lists_are_ordered_by_is_compared_by_code_points(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE collation_name = 'C' AND table_schema = 'public'"
        )
        assert set(cursor.fetchall()) == ORDERED


def test_names_come_in_the_order_of_their_code_points(alice):
    names = ["Zebra", "apple", "Éclair", "eclair", "_x", "10", "9", "Apple", "zebra", "日本"]
    made = dict(zip(names, rows_of(alice, len(names), name=lambda number: names[number]), strict=True))
    order, address = [], "/api/pictures/?ordering=name&page_size=3"
    while address:
        page = alice.get(address)
        order += ids(page)
        address = page.json()["next"]
    assert order == [made[name] for name in sorted(names)]
