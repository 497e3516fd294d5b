"""The panel's lists: searched, filtered, with few queries, and their actions."""

from albumen.accounts.models import User
from albumen.library.models import Picture
from tests.http.admin.conftest import LISTS
from tests.http.conftest import rows_of

LONG_AGO = "2020-01-01T00:00:00Z"
SEARCHES = [
    ("accounts/user/", "q=alice@", "q=nobody"),
    ("accounts/user/", "state=active&q=alice", "state=deactivated"),
    ("accounts/user/", "state=administrators", "state=administrators&q=alice"),
    ("accounts/user/", "signed_in=week&q=alice", "signed_in=long"),
    ("accounts/user/", "signed_in=month&q=alice", "signed_in=never"),
    ("accounts/user/", "space=some", "space=full"),
    ("accounts/user/", "email=unverified&q=alice", "email=verified"),
    ("accounts/user/", f"date_joined__gte={LONG_AGO}&q=alice", f"date_joined__lt={LONG_AGO}"),
    ("accounts/session/", "q=alice@", "q=nobody"),
    ("accounts/session/", "state=open&q=alice", "state=over"),
    ("library/album/", "q=ELAN alice@", "q=mountain"),
    ("library/album/", "visibility__exact=private", "visibility__exact=public"),
    ("library/album/", "in=none", "in=organization"),
    ("library/album/", "use=some", "use=empty"),
    ("library/picture/", "q=beach", "q=mountain"),
    ("library/picture/", "place=library", "place=trash"),
    ("library/picture/", "format=jpeg", "format=png"),
    ("library/picture/", "source__exact=upload", "source__exact=link"),
    ("library/expiringlink/", "state=running", "state=expired"),
    ("library/expiringlink/", "q=alice@", "state=withdrawn"),
    ("library/expiringlink/", "use=none", "use=some"),
    ("tasks/task/", "of=users", "of=none"),
    ("plans/plan/", "q=alice", "q=nobody"),
]


def test_lists_are_searched_and_filtered(panel, content):
    def count(path: str, query: str) -> int:
        return panel.get(f"{path}?{query}").context["cl"].result_count

    found = [(path, hit, miss, count(path, hit), count(path, miss)) for path, hit, miss in SEARCHES]
    assert found == [(path, hit, miss, 1, 0) for path, hit, miss in SEARCHES]


def test_lists_begin_with_the_newest_and_find_a_row_by_its_number(panel, alice, bob, content):
    alice.upload()
    for path in ("accounts/user/", "library/picture/", "accounts/session/"):
        rows = [row.pk for row in panel.get(path).context["cl"].result_list]
        assert rows == sorted(rows, reverse=True), path
        assert rows[0] in [row.pk for row in panel.get(f"{path}?q={rows[0]}").context["cl"].result_list]


def test_days_are_chosen_from_one_to_another_both_included(panel, alice):
    days = ("2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04")
    rows_of(alice, 4, created_at=lambda number: f"{days[number]}T23:59:59.999Z")

    def found(query: str) -> int:
        return panel.get(f"library/picture/?{query}").context["cl"].result_count

    assert found("created_at_from=2026-05-02") == 3
    assert found("created_at_to=2026-05-02") == 2
    assert found("created_at_from=2026-05-02&created_at_to=2026-05-03&q=photo") == 2
    assert found("created_at_from=&created_at_to=") == 4
    for wrong in ("created_at_from=yesterday", "created_at_to=9999-12-31", "created_at_from=2026-02-30"):
        assert panel.get(f"library/picture/?{wrong}").status_code == 302, wrong
    page = panel.get("library/picture/?created_at_from=2026-05-02&q=photo&place=library").content.decode()
    assert 'name="created_at_from" value="2026-05-02"' in page
    assert '<input type="hidden" name="place" value="library">' in page
    assert "place=library&amp;q=photo" in page


def test_a_filter_with_a_value_that_it_does_not_have_shows_all(panel, alice):
    assert panel.get("accounts/user/?state=rich").context["cl"].result_count == 2


def test_users_over_most_of_their_quota_are_found(panel, alice):
    alice.use_plan(quota_bytes=100)
    for size, found in ((90, 0), (91, 1)):
        User.objects.filter(pk=alice.id).update(bytes_used=size)
        assert panel.get("accounts/user/?space=full").context["cl"].result_count == found


def test_lists_take_as_many_queries_for_many_rows_as_for_one(
    panel, alice, content, person, django_assert_max_num_queries
):
    for number in range(3):
        alice.post("/api/albums/", {"name": f"More {number}"})
        alice.upload(name=f"More {number}.jpg", expiring_time_seconds=300)
        person(f"user{number}")
    for name in LISTS:
        with django_assert_max_num_queries(8):
            assert panel.get(f"{name}/").status_code == 200


def test_no_list_offers_to_delete_in_bulk_past_the_services(panel, alice, content):
    for name in LISTS:
        assert "delete_selected" not in panel.get(f"{name}/").content.decode()
    panel.post("library/picture/", action="delete_selected", _selected_action=[content["picture"]], post="yes")
    assert Picture.objects.filter(pk=content["picture"], deleted_at=None).exists()


def test_a_search_of_a_thousand_words_is_cut(panel, alice):
    assert panel.get("accounts/user/?q=" + "a+" * 3000).status_code == 200


def test_an_action_on_what_is_no_row_is_refused(panel, content):
    answer = panel.post("library/picture/", action="trash_pictures", _selected_action="abc", index="0")
    assert answer.status_code == 400
    assert Picture.objects.filter(deleted_at=None).count() == 1
