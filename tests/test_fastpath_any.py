"""Fast reads give what the ordinary way gives, whatever is in the rows, plans and albums."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albumen.accounts.models import User
from albumen.fastpath import database
from albumen.library.models import Album, AlbumPicture, Picture
from albumen.organizations.models import Membership, Organization, Role
from albumen.plans.models import Plan
from tests.http.conftest import rows_of
from tests.test_fastpath import assert_same, fast

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ['"', "\\", "\u2028\u2029\n\r\t", "é😀", "</script>", "[1,2]", "null", "\x7f\x01"]
)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ROW = st.fixed_dictionaries(
    {
        "name": TEXT.filter(bool),
        "description": TEXT,
        "taken_at": st.none() | TIMES | TIMES.map(lambda time: time.replace(microsecond=0)),
        "created_at": TIMES | st.just(datetime(2024, 5, 6, tzinfo=UTC)),
        "updated_at": TIMES,
        "width": st.integers(1, 60_000),
        "height": st.integers(1, 60_000),
        "bytes": st.integers(1, 2**40),
        "placeholder": st.sampled_from(["", "data:image/webp;base64,UklGRg=="]),
        "has_alpha": st.booleans(),
    }
) | st.fixed_dictionaries(
    {
        "name": TEXT.filter(bool),
        "source": st.just("link"),
        "image_url": TEXT.map("https://example.com/{}".format),
        "link_problem": st.sampled_from(["", "too_large"]),
        "sha256": st.just(""),
        "bytes": st.just(0),
        "width": st.just(0),
        "height": st.just(0),
    }
)
PLAN = st.fixed_dictionaries(
    {
        "thumbnail_heights": st.lists(st.integers(16, 4096), min_size=1, max_size=4, unique=True).map(sorted),
        "original": st.booleans(),
    }
)
COUNT = st.sampled_from([0, 1, 2, 50, 51])


@pytest.fixture
def both(committed, alice, bob):
    """Alice and Bob, who have plans of their own, and an organization of both."""
    organization = Organization.objects.create(name="Both")
    for person in (alice, bob):
        person.use_plan()
        Membership.objects.create(organization=organization, user_id=person.id, role=Role.EDITOR)
    yield alice, bob, organization
    database.close()


def same(path, person):
    """Assert that the fast answer is the ordinary one, or there is none to a request that is refused."""
    if person.get(path).status_code == 200:
        assert_same(path, person)
    else:
        assert fast(path, person) is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_content_is_shown_as_the_ordinary_way_shows_it(both, data):
    alice, bob, organization = both
    Album.objects.all().delete()
    Picture.objects.all().delete()
    shown = []
    for person in (alice, bob):
        Plan.objects.filter(pk=User.objects.get(pk=person.id).plan_id).update(**data.draw(PLAN))
        rows, count = data.draw(st.lists(ROW, min_size=1, max_size=3)), data.draw(COUNT)
        # `rows_of` gives all of its rows the same fields.
        for number, row in enumerate(rows):
            shown += rows_of(person, len(range(number, count, len(rows))), **row)
    albums = [
        Album(
            owner_id=data.draw(st.sampled_from([alice.id, bob.id])),
            organization=data.draw(st.sampled_from([None, organization])),
            name=data.draw(TEXT.filter(bool)),
            description=data.draw(TEXT),
            visibility=data.draw(st.sampled_from(["private", "public"])),
            created_at=data.draw(TIMES),
        )
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    for album in albums:
        if album.organization:
            album.visibility = data.draw(st.sampled_from(["private", "organization", "public"]))
        album.save()
        chosen = shown[:: data.draw(st.integers(1, 3))]
        AlbumPicture.objects.bulk_create(
            AlbumPicture(album=album, picture_id=picture, position=place // 2) for place, picture in enumerate(chosen)
        )
    if shown and data.draw(st.booleans()):
        Picture.objects.filter(pk__in=shown[1::7]).update(deleted_at=datetime(2024, 5, 6, tzinfo=UTC))
    for person in (alice, bob):
        for path in ("/api/pictures/", "/api/albums/", *(f"/api/albums/{album.pk}/pictures/" for album in albums)):
            same(path, person)
        for picture in shown[:3]:
            same(f"/api/pictures/{picture}/", person)
