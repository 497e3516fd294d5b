"""Queries that are built once, run with many values, and give what the ORM gives each time."""

from contextlib import nullcontext
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, transaction

from albumen.accounts.models import User
from albumen.compiled_queries import fetch_objects, fetch_rows
from albumen.library.access import PictureRow, own_pictures, pictures_visible_to
from albumen.library.models import Picture
from tests.http.conftest import rows_of


def named(owner_id, after, name):
    found = Picture.objects.filter(owner_id=owner_id, created_at__gt=after, name=name, width__gte=owner_id)
    return found.order_by("id").values_list("id", "name")


def with_owner(picture_id):
    return Picture.objects.select_related("owner__plan").filter(pk=picture_id)


def searched(text):
    return Picture.objects.filter(name__contains=text).values_list("id")


def test_one_statement_serves_other_values(alice, bob):
    # Wider than the id of any user, which `named` compares it with.
    hers, his = rows_of(alice, 3, width=10**9), rows_of(bob, 2, width=10**9)
    long_ago, ahead = datetime(2001, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
    for person, ids in ((alice, hers), (bob, his)):
        for number, picture_id in enumerate(ids):
            name = f"photo {number}"
            assert fetch_rows(named, values=(person.id, long_ago, name)) == [(picture_id, name)]
            assert fetch_rows(named, values=(person.id, ahead, name), limit=1) == []


def test_objects_come_with_what_belongs_to_them(alice, django_assert_num_queries):
    (picture_id,) = rows_of(alice, 1)
    with django_assert_num_queries(1):
        (picture,) = fetch_objects(with_owner, values=(picture_id,))
        assert picture.owner.plan.thumbnail_heights == [200]
    plain = with_owner(picture_id).get()
    for one, other in ((picture, plain), (picture.owner, plain.owner), (picture.owner.plan, plain.owner.plan)):
        assert {**vars(one), "_state": None} == {**vars(other), "_state": None}


def test_a_value_that_would_be_changed_on_its_way_is_refused(alice):
    with pytest.raises(ValueError, match="part of the variant"):
        fetch_rows(searched, values=("photo",))


def test_the_list_of_own_pictures_keeps_the_rule_of_all_lists(alice, bob, dana):
    hers = rows_of(alice, 3)
    rows_of(bob, 2)
    Picture.objects.filter(pk=hers[0]).update(deleted_at=datetime(2024, 1, 1, tzinfo=UTC))
    columns = [name for name in PictureRow._fields if not name.endswith("_at")]
    for person, count in ((alice, 2), (bob, 2), (dana, 0)):
        viewer = User.objects.get(pk=person.id)
        listed = own_pictures(viewer)
        rows = [listed.make(row) for row in fetch_rows(listed.build, values=listed.values)]
        assert len(rows) == count
        plain = pictures_visible_to(viewer).filter(owner_id=viewer.pk).values(*columns)
        assert [{name: getattr(row, name) for name in columns} for row in rows] == list(plain)


LISTS = ["", "?ordering=name", "?ordering=-name", "?ordering=taken_at", "?ordering=-taken_at", "?ordering=-bytes"]


@pytest.mark.parametrize("query", LISTS)
@pytest.mark.parametrize("place", ["/api/pictures/", "/api/albums/{album}/pictures/"])
def test_plain_querysets_give_the_same_pages(alice, settings, query, place):
    ids = rows_of(alice, 5)
    Picture.objects.filter(pk=ids[1]).update(taken_at=datetime(2024, 5, 1, tzinfo=UTC), description="Grüße")
    album = alice.post("/api/albums/", {"name": "trip"}).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", {"pictures": ids[:4]})
    url = place.format(album=album) + query + ("&" if query else "?") + "page_size=2"

    def pages():
        found, following = [], url
        while following:
            body = alice.get(following).json()
            found.append(body["results"])
            following = body["next"]
        return found

    compiled = pages()
    settings.COMPILED_QUERIES = False
    assert pages() == compiled
    assert len(compiled) >= 2
    one = f"/api/pictures/{ids[1]}/"
    plain = alice.get(one).json()
    settings.COMPILED_QUERIES = True
    assert alice.get(one).json() == plain


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL keeps plans")
def test_a_kept_plan_does_not_outlive_a_migration(committed, alice):
    (picture_id,) = rows_of(alice, 1)
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%library_picture%'"

    def listed():
        return [row["id"] for row in alice.get("/api/pictures/").json()["results"]]

    outside = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    for name in ("pool", "context"):
        outside.pop(name, None)
    with psycopg.connect(**outside) as other:
        for kind, place in (("text", nullcontext()), ("varchar(8)", transaction.atomic())):
            for _ in range(10):
                assert listed() == [picture_id]
            with connection.cursor() as cursor:
                cursor.execute(kept)
                assert cursor.fetchone() > (0,)
            other.execute(f"ALTER TABLE library_picture ALTER COLUMN format TYPE {kind}")
            other.commit()
            with place:
                assert listed() == [picture_id]
            assert listed() == [picture_id]
