"""Pictures, albums and links in the panel."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from albumen.accounts.models import User
from albumen.library.models import ExpiringLink, Picture
from albumen.organizations.models import Membership
from albumen.plans.models import Plan
from tests import pictures
from tests.http.admin.conftest import Panel
from tests.http.conftest import ids, new_album, put_in, rows_of
from tests.http.problems import refused


def previews(panel: Panel, path: str) -> list[str]:
    return re.findall(r'<img src="/admin/([^"]+/preview/[^"]+)"', panel.get(path).content.decode())


def test_a_picture_is_shown_in_its_list_and_large_on_its_page(panel, alice):
    alice.use_plan(thumbnail_heights=[50, 100])
    picture = alice.upload(pictures.jpeg(900, 600)).json()["id"]
    for state in ("in the library", "in the trash"):
        (small,) = previews(panel, "library/picture/")
        (large,) = previews(panel, f"library/picture/{picture}/change/")
        sizes = [pictures.opened(panel.get(address).getvalue()).size for address in (small, large)]
        assert sizes == [(75, 50), (900, 600)], state
        alice.delete(f"/api/pictures/{picture}/")


def test_a_preview_is_for_administrators_and_in_the_sizes_of_the_panel(panel, alice, anonymous, content):
    path = f"library/picture/{content['picture']}/preview"
    assert [panel.get(f"{path}/{size}/").status_code for size in (1200, 1199, 0)] == [200, 404, 404]
    assert panel.get("library/picture/99999/preview/1200/").status_code == 404
    for somebody in (alice, anonymous):
        assert somebody.get(f"/admin/{path}/1200/")["Location"].startswith("/admin/login/")
    answer = panel.get(f"{path}/1200/")
    assert answer["Cache-Control"].startswith("private")


def test_a_picture_opens_in_the_sizes_of_its_plan(panel, anonymous, content):
    page = panel.get(f"library/picture/{content['picture']}/change/").content.decode()
    addresses = re.findall(r'<a href="(/files/[^"]+)"', page)
    assert len(addresses) == 2
    for address in addresses:
        assert anonymous.get(address)["Content-Type"].startswith("image/")


def test_pictures_go_to_the_trash_and_come_back(panel, alice, content):
    picture = content["picture"]
    assert panel.choose("library/picture/", "trash_pictures", picture) == ["1 picture moved to the trash."]
    assert alice.get(f"/api/pictures/{picture}/").status_code == 404
    assert panel.get(f"library/picture/{picture}/change/").status_code == 200

    assert panel.choose("library/picture/", "restore_pictures", picture) == ["1 picture restored."]
    assert alice.get(f"/api/pictures/{picture}/").status_code == 200


def test_a_linked_picture_leads_to_its_address_and_loads_nothing(panel, alice):
    unknown = dict.fromkeys(("width", "height", "bytes"), lambda _: 0)
    linked = {"source": "link", "image_url": "https://example.com/a.jpg", "link_problem": "remote_status"}
    linked["link_checked_at"] = "2026-05-06T07:08:09Z"
    (picture,) = rows_of(alice, 1, **linked, **unknown)
    for path in ("library/picture/", f"library/picture/{picture}/change/"):
        page = panel.get(path).content.decode()
        assert ("<img" in page, "0 x 0" in page, "0 bytes" in page) == (False, False, False), path
    assert 'href="https://example.com/a.jpg" rel="noopener noreferrer"' in page
    assert "(remote_status on 2026-05-06 07:08)" in page


def test_a_picture_s_name_and_description_are_all_that_changes(panel, alice, content):
    path = f"library/picture/{content['picture']}/change/"
    answer = panel.post(path, name="Sunset", description="At sea", owner="99", sha256="0" * 64, bytes="1")
    assert answer.status_code == 302
    picture = alice.get(f"/api/pictures/{content['picture']}/").json()
    assert (picture["name"], picture["description"]) == ("Sunset", "At sea")
    assert (picture["owner"], picture["bytes"] > 1) == (alice.id, True)

    answer = panel.post(path, name="\u200b", description="")
    assert "can be seen" in answer.context["adminform"].form.errors["name"][0]
    assert panel.get("library/picture/add/").status_code == 403
    assert panel.post(f"library/picture/{content['picture']}/delete/", post="yes").status_code == 403


def test_an_album_leads_to_its_pictures(panel, alice, content):
    alice.upload()
    page = panel.get("library/album/").content.decode()
    (address,) = re.findall(r'href="/admin/(library/picture/\?entries[^"]+)"', page)
    (row,) = panel.get(address.replace("&amp;", "&")).context["cl"].result_list
    assert row.pk == content["picture"]


def test_an_album_s_page_shows_its_first_pictures(panel, alice, content):
    in_trash = alice.upload(album=content["album"]).json()["id"]
    alice.delete(f"/api/pictures/{in_trash}/")
    path = f"library/album/{content['album']}/change/"
    (address,) = previews(panel, path)
    assert address.startswith(f"library/picture/{content['picture']}/preview/")
    assert f'href="/admin/library/picture/{content["picture"]}/change/"' in panel.get(path).content.decode()


def test_an_album_s_name_description_and_visibility_are_all_that_changes(panel, alice, anonymous, content):
    path, address = f"library/album/{content['album']}/change/", f"/api/albums/{content['album']}/"
    fields = {"name": "Winter", "description": "Snow", "visibility": "public", "owner": "99", "picture_count": "7"}
    assert panel.post(path, **fields).status_code == 302
    album = anonymous.get(address).json()
    assert (album["name"], album["description"], album["owner"]) == ("Winter", "Snow", alice.id)
    assert (album["picture_count"], album["cover"]) == (1, content["picture"])
    assert panel.get("library/album/?q=winter").context["cl"].result_count == 1

    answer = panel.post(path, **{**fields, "name": "\u200b"})
    assert "can be seen" in answer.context["adminform"].form.errors["name"][0]
    answer = panel.post(path, **{**fields, "visibility": "organization"})
    assert "Name the organization" in str(answer.context["errors"])
    assert alice.get(address).json()["visibility"] == "public"
    assert panel.get("library/album/add/").status_code == 403


@pytest.mark.parametrize(("choice", "kept"), [("", True), ("?pictures=delete", False), ("?pictures=no", True)])
def test_an_album_is_deleted_with_its_pictures_only_where_that_was_chosen(panel, alice, content, choice, kept):
    path = f"library/album/{content['album']}/delete/{choice}"
    assert ("stay" in panel.get(path).content.decode()) is kept
    assert panel.post(path, post="yes").status_code == 302
    assert alice.get(f"/api/albums/{content['album']}/").status_code == 404
    assert alice.get(f"/api/pictures/{content['picture']}/").status_code == (200 if kept else 404)
    assert len(alice.get("/api/trash/").json()["results"]) == (0 if kept else 1)


def test_a_link_is_withdrawn(panel, anonymous, content):
    page = panel.get(f"library/expiringlink/{content['link']}/change/").content.decode()
    (address,) = re.findall(r'href="(/links/[^"]+)"', page)
    assert anonymous.get(address).status_code == 200

    said = panel.choose("library/expiringlink/", "revoke_links", content["link"])
    assert said == ["1 expiring link withdrawn."]
    assert anonymous.get(address).status_code == 410
    assert "withdrawn" in panel.get("library/expiringlink/").content.decode()
    assert panel.get("library/expiringlink/add/").status_code == 403
    assert panel.post(f"library/expiringlink/{content['link']}/delete/", post="yes").status_code == 403


def test_a_link_s_state_is_what_its_address_would_answer(panel, alice, content):
    link = ExpiringLink.objects.filter(pk=content["link"])
    for change, state in (
        ({"max_uses": 3, "uses": 3}, "used up"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expired"),
        ({"revoked_at": "2020-01-01T00:00:00Z"}, "withdrawn"),
    ):
        link.update(**change)
        assert state in panel.get(f"library/expiringlink/{content['link']}/change/").content.decode()
    assert panel.get("library/expiringlink/?state=used").context["cl"].result_count == 1
    link.update(max_uses=None, uses=0, expires_at="2099-01-01T00:00:00Z", revoked_at=None)
    alice.delete(f"/api/pictures/{content['picture']}/")
    assert "picture removed" in panel.get("library/expiringlink/").content.decode()


def _end_link(field: str, value: Any) -> Callable[[int], Any]:
    return lambda link: ExpiringLink.objects.filter(pk=link).update(**{field: value})


ENDINGS = {
    "used up": _end_link("max_uses", 0),
    "expired": _end_link("expires_at", "2020-01-01T00:00:00Z"),
    "withdrawn": _end_link("revoked_at", "2020-01-01T00:00:00Z"),
    "picture in the trash": lambda link: Picture.objects.filter(links=link).update(deleted_at=timezone.now()),
    "owner not active": lambda link: User.objects.filter(pictures__links=link).update(is_active=False),
    "plan without links": lambda link: Plan.objects.filter(users__pictures__links=link).update(expiring_links=False),
    "plan without originals": lambda link: Plan.objects.filter(users__pictures__links=link).update(original=False),
    "plan without the height": _end_link("height", 31),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_links_that_ended_do_not_count_as_running(panel, content, ending):
    def running() -> int:
        return int(panel.get("library/expiringlink/?state=running").context["cl"].result_count)

    assert running() == 1
    ENDINGS[ending](content["link"])
    assert running() == 0


def test_a_link_to_a_thumbnail_runs_without_the_plan_s_originals(panel, alice, content):
    alice.use_plan(thumbnail_heights=[50], expiring_links=True, name="Thumbnails")
    ExpiringLink.objects.filter(pk=content["link"]).update(height=50)
    assert panel.get("library/expiringlink/?state=running").context["cl"].result_count == 1


def test_what_the_panel_makes_private_leaves_the_pictures_of_others_behind(panel, alice, bob, studio):
    album = new_album(bob, organization=studio.id, visibility="organization")
    (his,), (hers,) = rows_of(bob, 1), rows_of(alice, 1)
    put_in(alice, album, hers)
    put_in(bob, album, his)
    path = f"library/album/{album}/change/"
    assert "the pictures of others leave the album" in panel.get(path).content.decode()
    fields = {"name": "Plans", "description": ""}
    assert panel.post(path, visibility="public", **fields).status_code == 302
    assert ids(bob.get(f"/api/albums/{album}/pictures/")) == [hers, his]
    assert panel.post(path, visibility="private", **fields).status_code == 302
    assert ids(bob.get(f"/api/albums/{album}/pictures/")) == [his]
    assert ids(alice.get("/api/pictures/")) == [hers]


def test_the_panel_deletes_no_organization_that_has_albums(panel, alice, bob, studio):
    album = new_album(bob, organization=studio.id, visibility="organization")
    put_in(alice, album, *rows_of(alice, 1))
    path = f"organizations/organization/{studio.id}/delete/"
    panel.post(path, post="yes")
    assert alice.get(f"/api/albums/{album}/").json()["organization"] == studio.id
    assert bob.patch(f"/api/albums/{album}/", {"visibility": "private"}).json()["picture_count"] == 0
    assert panel.post(path, post="yes").status_code == 302
    assert bob.get(f"/api/albums/{album}/").json()["organization"] is None
    refused(alice.get(f"/api/organizations/{studio.id}/"), 404, "not_found")


@pytest.mark.parametrize("way", ["removed", "made a viewer"])
def test_whom_the_panel_takes_the_right_to_edit_keeps_private_albums_alone(panel, alice, bob, studio, way):
    shown = new_album(bob, organization=studio.id, visibility="organization")
    private = new_album(bob, organization=studio.id)
    put_in(alice, shown, *rows_of(alice, 1))
    membership = Membership.objects.get(user=bob.id).pk
    path = f"organizations/membership/{membership}/"
    if way == "removed":
        assert panel.post(f"{path}delete/", post="yes").status_code == 302
        refused(bob.get(f"/api/albums/{shown}/"), 404, "not_found")
    else:
        assert panel.post(f"{path}change/", role="viewer").status_code == 302
    assert bob.get(f"/api/albums/{private}/").json()["organization"] is None
    assert bob.patch(f"/api/albums/{shown}/", {"visibility": "private"}).status_code in (403, 404)
    assert alice.get(f"/api/albums/{shown}/").json()["picture_count"] == 1
