"""Pages lead on: from a row to the lists of what belongs to it, and back to its owner."""

import re

from tests.http.admin.conftest import Panel
from tests.http.conftest import Studio, new_album


def leads(panel: Panel, path: str) -> dict[str, tuple[str, int]]:
    return {name: (address, count) for name, address, count in panel.get(path).context["leads"]}


def ids(panel: Panel, address: str) -> list[int]:
    return [row.pk for row in panel.client.get(address).context["cl"].result_list]


def test_every_lead_opens_a_list_of_as_many_rows_as_it_says(panel, alice, bob, content, studio: Studio):
    new_album(alice, organization=studio.id, visibility="organization")
    bob.upload()
    for path, names in (
        (f"accounts/user/{alice.id}", ["albums", "expiring links", "memberships", "pictures", "sessions", "tasks"]),
        (f"organizations/organization/{studio.id}", ["albums", "memberships"]),
        (f"library/picture/{content['picture']}", ["albums", "expiring links"]),
        (f"library/album/{content['album']}", ["pictures"]),
    ):
        found = leads(panel, f"{path}/change/")
        assert set(names) <= set(found), path
        for name, (address, count) in found.items():
            assert len(ids(panel, address)) == count, name
            if name in names:
                assert count, (path, name)


def test_a_narrowed_list_says_whose_rows_it_shows(panel, alice, bob, content):
    bob.upload()
    address, _ = leads(panel, f"accounts/user/{alice.id}/change/")["pictures"]
    page = panel.client.get(address).content.decode()
    assert re.search(r"Only what belongs to\s+<a [^>]+>alice@example.com</a>", page)
    assert 'href="?"' in page
    assert "Only what belongs to" not in panel.get("library/picture/").content.decode()
    assert panel.get("library/picture/?owner__id__exact=abc").status_code == 302


def test_owners_are_links(panel, alice, content):
    for path in ("library/picture/", "library/album/", "library/expiringlink/", "accounts/session/", "tasks/task/"):
        assert f'href="/admin/accounts/user/{alice.id}/change/"' in panel.get(path).content.decode(), path


def test_empty_lists_say_why(panel):
    assert "Nobody has uploaded a picture yet." in panel.get("library/picture/").content.decode()
    assert "Nobody has made an album yet." in panel.get("library/album/").content.decode()
    assert "Nothing fits" in panel.get("library/picture/?q=mountain").content.decode()


def test_every_list_is_in_the_sidebar(panel):
    page = panel.get("").content.decode()
    found = set(re.findall(r'href="/admin/([a-z]+/[a-z]+)/"', page))
    lists = {model["admin_url"] for app in panel.get("").context["app_list"] for model in app["models"]}
    assert {f"/admin/{path}/" for path in found} == lists
