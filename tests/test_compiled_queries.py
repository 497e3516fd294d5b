"""Queries that are built once, run with many values, and give what the ORM gives each time."""

from contextlib import nullcontext
from datetime import UTC, datetime
from operator import attrgetter

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction

from albumen.accounts.models import User
from albumen.compiled_queries import fetch_objects, fetch_rows
from albumen.library.access import (
    AlbumRow,
    PictureRow,
    albums_visible_to,
    get_album,
    get_picture,
    get_picture_row,
    own_pictures,
    pictures_visible_to,
    rows,
)
from albumen.library.access.rows import PICTURE_COLUMNS, FileRow
from albumen.library.access.visible import as_variant
from albumen.library.models import Picture
from albumen.viewers import is_administrator
from tests.http.conftest import DAY, Studio, new_album, put_in, rows_of


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
    columns = [name for name in PICTURE_COLUMNS if not name.endswith("_at")]
    for person, count in ((alice, 2), (bob, 2), (dana, 0)):
        viewer = User.objects.get(pk=person.id)
        listed = own_pictures(viewer)
        found = [listed.make(*row) for row in fetch_rows(listed.build, values=listed.values)]
        assert len(found) == count
        plain = pictures_visible_to(viewer).filter(owner_id=viewer.pk).values(*columns)
        assert [{name: getattr(row, name) for name in columns} for row in found] == list(plain)


ALBUMS = ["", "?ordering=name", "?ordering=-picture_count", "?ordering=id", "?search=tr", "?visibility=private"]
LISTS = ["", "?ordering=name", "?ordering=-name", "?ordering=taken_at", "?ordering=-taken_at", "?ordering=-bytes"]


@pytest.mark.parametrize(
    ("place", "query"),
    [
        *(("/api/pictures/", query) for query in LISTS),
        *(("/api/albums/{album}/pictures/", query) for query in [*LISTS, "?search=photo"]),
        *(("/api/albums/", query) for query in ALBUMS),
    ],
)
def test_plain_querysets_give_the_same_pages(alice, settings, query, place):
    ids = rows_of(alice, 5)
    Picture.objects.filter(pk=ids[1]).update(taken_at=datetime(2024, 5, 1, tzinfo=UTC), description="Grüße")
    album = alice.post("/api/albums/", {"name": "trip"}).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", {"pictures": ids[:4]})
    for name in ("trip 10", "trip 9", "trop"):
        new_album(alice, name=name)
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
    one = [f"/api/pictures/{ids[1]}/", f"/api/albums/{album}/"]
    plain = [alice.get(url).json() for url in one]
    settings.COMPILED_QUERIES = True
    assert [alice.get(url).json() for url in one] == plain


@pytest.fixture
def everything(alice, bob, charlie, dana):
    """Albums and pictures of each kind, and those who see none, some or all of them."""
    studio = Studio(alice)
    studio.add(bob, "editor")
    charlie.use_plan(thumbnail_heights=[100, 300], original=True)
    owners = ((alice, "private"), (bob, "organization"), (charlie, "public"), (charlie, "private"))
    albums, shown = [], []
    for person, visibility in owners:
        mine = rows_of(person, 4, taken_at=DAY, description="Grüße")
        organization = studio.id if visibility == "organization" else None
        albums.append(new_album(person, visibility=visibility, organization=organization))
        put_in(person, albums[-1], *mine[:3])
        Picture.objects.filter(pk=mine[1]).update(source="link", image_url="https://images.example/a.png")
        Picture.objects.filter(pk=mine[2]).update(deleted_at=DAY)
        shown += mine
    assert bob.patch(f"/api/albums/{albums[1]}/", {"cover": shown[5]}).status_code == 200
    albums.append(new_album(alice, name="empty"))
    people = [User.objects.get(pk=person.id) for person in (alice, bob, charlie, dana)]
    return [*people, AnonymousUser()], albums, shown


def as_the_orm_gives(build, *variant, values):
    """Return the compiled query's rows, after they were compared with the ORM's."""
    compiled, built = fetch_rows(build, *variant, values=values), list(build(*variant, *values))
    aware = [tuple(one.replace(tzinfo=UTC) if isinstance(one, datetime) else one for one in row) for row in compiled]
    assert aware == built
    assert [list(map(type, row)) for row in aware] == [list(map(type, row)) for row in built]
    return built


def test_rows_of_one_thing_are_there_for_those_who_may_see_it(everything):
    viewers, albums, shown = everything
    for viewer in viewers:
        variant, viewer_id = as_variant(viewer)
        for album in [*albums, 0]:
            found = as_the_orm_gives(rows.rows_of_one_album, variant, values=(viewer_id, album))
            (seen,) = albums_visible_to(viewer).filter(pk=album) or (None,)
            assert [row[0] for row in found] == ([album] if seen else [])
            if seen:
                assert AlbumRow(*found[0]) == AlbumRow._make(attrgetter(*AlbumRow._fields)(get_album(viewer, album)))
        for picture in [*shown, 0]:
            found = as_the_orm_gives(rows.rows_of_one_picture, variant, values=(viewer_id, picture))
            assert len(found) == pictures_visible_to(viewer).filter(pk=picture).count()
            if found:
                loaded = get_picture(viewer, picture)
                row, plan = get_picture_row(viewer, picture)
                assert row.sha256 == loaded.sha256
                assert plan == (loaded.owner.plan.thumbnail_heights, loaded.owner.plan.original)


def test_rows_of_lists_are_what_the_orm_gives(everything):
    viewers, albums, shown = everything
    listed = [as_the_orm_gives(rows.rows_of_listed_albums, values=(viewer.pk,)) for viewer in viewers[:4]]
    assert [{row[0] for row in found} for found in listed] == [
        {albums[0], albums[1], albums[4]},
        {albums[1]},
        {albums[2], albums[3]},
        set(),
    ]
    assert {AlbumRow(*row).cover for row in listed[0]} == {shown[0], shown[5], None}
    for album, first in zip(albums, (0, 4, 8, 12), strict=False):
        found = [PictureRow(*row) for row in as_the_orm_gives(rows.rows_of_album_pictures, values=(album,))]
        assert {row.id for row in found} == {shown[first], shown[first + 1]}
        assert None not in {row.position for row in found}
    for viewer in viewers:
        as_the_orm_gives(rows.rows_of_entries, as_variant(viewer)[0], values=(as_variant(viewer)[1], *shown))
    plans = as_the_orm_gives(rows.rows_of_plans, values=[viewer.pk for viewer in viewers[:3]])
    assert (viewers[2].pk, [100, 300], True) in plans


def test_rows_of_a_file_tell_what_the_plan_has(everything):
    viewers, _, shown = everything
    for viewer in viewers:
        for picture in shown:
            found = [FileRow(*row) for row in as_the_orm_gives(rows.rows_of_file, values=(viewer.pk, picture))]
            if not is_administrator(viewer):
                uploaded = pictures_visible_to(viewer).filter(pk=picture, source="upload")
                assert len(found) == uploaded.count()
            for row in found:
                assert (row.owner_id, row.format) == Picture.objects.values_list("owner_id", "format").get(pk=picture)
                assert row.original == Picture.objects.filter(pk=picture, owner=viewers[2]).exists()


PLACES = [
    "/api/trash/?page_size=1",
    "/api/links/?page_size=1&ordering=expires_at",
    "/api/pictures/{picture}/links/",
    "/api/tasks/?page_size=1",
    "/api/tasks/?status=queued",
    "/api/tasks/{task}/",
    "/api/plans/?page_size=1&ordering=-name",
    "/api/plans/{plan}/",
    "/api/organizations/?page_size=1&ordering=name",
    "/api/organizations/?member=me",
    "/api/organizations/{organization}/",
    "/api/organizations/{organization}/members/?page_size=1",
    "/api/organizations/{organization}/members/?role=editor",
    "/api/profile/",
    "/api/users/{user}/",
]


@pytest.mark.parametrize("place", PLACES)
def test_other_reads_are_the_same_with_plain_querysets(alice, bob, dana, anonymous, settings, place):
    plan = alice.use_plan(thumbnail_heights=[100], expiring_links=True)
    picture, *trashed = rows_of(alice, 3, deleted_at=lambda number: DAY if number else None)
    for seconds in (300, 600):
        made = alice.post(f"/api/pictures/{picture}/links/", {"height": 100, "expiring_time_seconds": seconds})
        assert made.status_code == 201, made.content
    first, second = Studio(alice), Studio(bob, name="Atelier")
    first.add(bob, "editor")
    second.add(alice, "viewer")
    tasks = [alice.post("/api/profile/export/").json()["id"], bob.post("/api/profile/export/").json()["id"]]
    url = place.format(picture=picture, task=tasks[0], plan=plan.pk, organization=first.id, user=bob.id)
    assert len(trashed) == 2

    def pages(person):
        found, following = [], url
        while following:
            answer = person.get(following)
            body = answer.json()
            body.pop("request_id", None)
            found.append((answer.status_code, body))
            following = body.get("next")
        return found

    compiled = [pages(person) for person in (alice, bob, dana, anonymous)]
    settings.COMPILED_QUERIES = False
    assert [pages(person) for person in (alice, bob, dana, anonymous)] == compiled
    assert compiled[0][0][0] == 200
    assert compiled[0] != compiled[3]


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
