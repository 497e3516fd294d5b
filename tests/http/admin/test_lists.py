"""The panel's lists: searched, filtered, with few queries, and their actions."""

from albumen.library.models import Picture
from tests.http.admin.conftest import LISTS

SEARCHES = [
    ("accounts/user/", "q=alice@", "q=nobody"),
    ("accounts/user/", "is_staff__exact=0", "is_active__exact=0"),
    ("accounts/session/", "q=alice@", "q=nobody"),
    ("accounts/session/", "state=open&q=alice", "state=over"),
    ("library/album/", "q=ELAN alice@", "q=mountain"),
    ("library/album/", "visibility__exact=private", "visibility__exact=public"),
    ("library/album/", "organization__isempty=1", "organization__isempty=0"),
    ("library/picture/", "q=beach", "q=mountain"),
    ("library/picture/", "place=library", "place=trash"),
    ("library/picture/", "format=jpeg", "format=png"),
    ("library/picture/", "source__exact=upload", "source__exact=link"),
    ("library/expiringlink/", "state=running", "state=expired"),
    ("library/expiringlink/", "q=alice@", "state=withdrawn"),
    ("plans/plan/", "q=alice", "q=nobody"),
]


def test_lists_are_searched_and_filtered(panel, content):
    def count(path: str, query: str) -> int:
        return panel.get(f"{path}?{query}").context["cl"].result_count

    found = [(path, hit, miss, count(path, hit), count(path, miss)) for path, hit, miss in SEARCHES]
    assert found == [(path, hit, miss, 1, 0) for path, hit, miss in SEARCHES]


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
