"""Actions on many rows: asked where they end something, undone where they can be, and kept in the history."""

import re
from typing import Any

from django.utils import timezone

from albumen.accounts.models import Session, User
from albumen.library.admin.pictures import PicturePage
from albumen.library.models import Picture
from albumen.plans.models import Plan
from albumen.tasks.models import Task
from tests.http.admin.conftest import Panel
from tests.http.conftest import rows_of


def history(panel: Panel, path: str) -> str:
    return str(panel.get(f"{path}/history/").content.decode())


def test_undo_restores_exactly_what_the_action_has_moved_to_the_trash(panel, alice, content):
    before, *chosen = rows_of(alice, 3)
    alice.delete(f"/api/pictures/{before}/")
    said = panel.choose("library/picture/", "trash_pictures", before, content["picture"], *chosen)
    assert said == ["3 pictures moved to the trash."]
    album = alice.get(f"/api/albums/{content['album']}/")
    assert album.json()["picture_count"] == 0

    panel.choose("library/picture/", "trash_pictures", *rows_of(alice, 1))
    undo = _undo(panel, chosen, content)
    assert panel.client.get(undo).status_code == 405
    assert Picture.objects.live().count() == 0
    token = panel.client.cookies["csrftoken"].value
    assert panel.client.post(undo, {"csrfmiddlewaretoken": token}).status_code == 302
    assert panel.says("library/picture/") == ["3 pictures restored."]
    assert set(Picture.objects.live().values_list("pk", flat=True)) == {content["picture"], *chosen}
    assert alice.get(f"/api/albums/{content['album']}/").json()["picture_count"] == 1
    assert "Restored." in history(panel, f"library/picture/{chosen[0]}")
    assert "Moved to the trash." in history(panel, f"library/picture/{chosen[0]}")
    panel.client.post(undo, {"csrfmiddlewaretoken": token})
    assert panel.says("library/picture/") == ["None of these pictures is in the trash."]


def _undo(panel: Panel, chosen: list[int], content: dict[str, int]) -> str:
    moment = Picture.objects.get(pk=chosen[0]).deleted_at
    assert moment is not None
    return f"/admin/library/picture/undo/{moment:%Y%m%dT%H%M%S.%f}/"


def test_the_message_has_the_button_that_undoes(panel, content):
    fields = {"action": "trash_pictures", "_selected_action": [str(content["picture"])], "index": "0"}
    panel.post("library/picture/", **fields)
    page = panel.get("library/picture/").content.decode()
    (path,) = re.findall(r'<form method="post" action="/admin/(library/picture/undo/[^"]+)"', page)
    assert panel.post(path).status_code == 302
    assert Picture.objects.get().deleted_at is None
    assert panel.post("library/picture/undo/yesterday/").status_code == 404


def test_the_trash_of_one_action_can_be_undone_by_administrators_alone(panel, alice, content):
    panel.choose("library/picture/", "trash_pictures", content["picture"])
    undo = _undo(panel, [content["picture"]], content)
    alice.client.login(username=alice.email, password=alice.password)
    assert alice.post(undo)["Location"].startswith("/admin/login/")
    assert Picture.objects.get().deleted_at is not None


def asked(panel: Panel, action: str, *people: Any, **fields: Any) -> Any:
    chosen = [str(person.id) for person in people]
    return panel.post("accounts/user/", action=action, _selected_action=chosen, index="0", **fields)


def test_the_plan_of_chosen_users_is_changed(panel, alice, bob, dana):
    premium = Plan.objects.get(name="Premium")
    page = asked(panel, "change_plan", alice, bob)
    assert page.status_code == 200
    assert ("2 users" in page.content.decode(), alice.email in page.content.decode()) == (True, True)
    assert asked(panel, "change_plan", alice, bob, confirmed="yes").status_code == 200, "without a plan"
    assert asked(panel, "change_plan", alice, bob, confirmed="yes", plan=premium.pk).status_code == 302
    assert panel.says("accounts/user/") == ["2 users moved to the plan Premium."]
    assert [person.get("/api/profile/").json()["plan"] for person in (alice, bob)] == [premium.pk] * 2
    assert User.objects.get(pk=dana.id).plan_id != premium.pk
    assert "Moved to the plan Premium." in history(panel, f"accounts/user/{alice.id}")


def test_chosen_users_are_deactivated_after_a_question_and_activated_again(panel, alice, bob, dana):
    assert asked(panel, "deactivate", alice, bob, dana).status_code == 200
    assert alice.get("/api/profile/").status_code == 200
    assert asked(panel, "deactivate", alice, bob, dana, confirmed="yes").status_code == 302
    refused, done = panel.says("accounts/user/")
    assert (dana.email in refused, done) == (True, "2 users deactivated.")
    assert [person.get("/api/profile/").status_code for person in (alice, bob, dana)] == [401, 401, 200]

    assert panel.choose("accounts/user/", "activate", alice.id, dana.id) == ["1 user activated."]
    assert alice.sign_in().status_code == 200
    assert bob.sign_in().status_code == 401
    for did in ("Deactivated.", "Activated."):
        assert did in history(panel, f"accounts/user/{alice.id}")


def test_only_pictures_in_the_trash_are_deleted_for_good_and_after_a_question(panel, alice, content):
    kept, *trashed = rows_of(alice, 3)
    before = alice.get("/api/profile/").json()["usage"]["pictures"]
    panel.choose("library/picture/", "trash_pictures", *trashed)
    fields = {"action": "purge_pictures", "_selected_action": [str(row) for row in (kept, *trashed)], "index": "0"}
    page = panel.post("library/picture/", **fields)
    assert "Delete for good what is in the trash: 2 pictures" in page.content.decode()
    assert Picture.objects.count() == 4
    assert panel.post("library/picture/", **fields, confirmed="yes").status_code == 302
    assert panel.says("library/picture/") == ["2 pictures deleted for good."]
    assert set(Picture.objects.values_list("pk", flat=True)) == {kept, content["picture"]}
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == before - 2
    assert "Deleted for good." in panel.get("admin/logentry/").content.decode()
    panel.post("library/picture/", **fields)
    assert "only from there" in panel.says("library/picture/")[0]


def undo(panel: Panel, path: str) -> Any:
    """Return what presses the button in the message."""
    page = panel.get(path).content.decode()
    (address,) = re.findall(r'<form method="post" action="/admin/([^"]+/undo/[^"]+)"', page)
    assert panel.get(address).status_code == 405
    return lambda: panel.post(address)


def test_undo_gives_users_back_the_plans_that_they_had(panel, alice, bob, dana):
    first, second, third = (plan.pk for plan in Plan.objects.order_by("pk")[:3])
    for person, plan in ((alice, first), (bob, second), (dana, second)):
        User.objects.filter(pk=person.id).update(plan=plan)
    asked(panel, "change_plan", alice, bob, dana, confirmed="yes", plan=third)
    press = undo(panel, "accounts/user/")
    User.objects.filter(pk=dana.id).update(plan=first)
    press()
    assert [User.objects.get(pk=person.id).plan_id for person in (alice, bob, dana)] == [first, second, first]
    assert len(panel.says("accounts/user/")) == 2
    press()
    assert panel.says("accounts/user/") == ["This has been undone already, or was too long ago."]


def test_undo_activates_exactly_those_who_were_deactivated(panel, alice, bob, person):
    User.objects.filter(pk=bob.id).update(is_active=False)
    asked(panel, "deactivate", alice, bob, confirmed="yes")
    undo(panel, "accounts/user/")()
    assert panel.says("accounts/user/") == ["1 user activated."]
    assert [User.objects.get(pk=somebody.id).is_active for somebody in (alice, bob)] == [True, False]


def test_chosen_users_are_signed_out_everywhere(panel, alice, bob):
    assert asked(panel, "sign_out", alice).status_code == 200
    assert alice.get("/api/profile/").status_code == 200
    assert asked(panel, "sign_out", alice, confirmed="yes").status_code == 302
    assert panel.says("accounts/user/") == ["1 user signed out everywhere."]
    assert [person.get("/api/profile/").status_code for person in (alice, bob)] == [401, 200]
    assert alice.sign_in().status_code == 200


def test_all_rows_that_a_filter_leaves_are_chosen_at_once(panel, alice, bob, dana):
    fields = {"action": "deactivate", "_selected_action": [str(alice.id)], "index": "0", "select_across": "1"}
    page = panel.post("accounts/user/?is_staff__exact=0", **fields)
    assert 'name="select_across" value="1"' in page.content.decode()
    panel.post("accounts/user/?is_staff__exact=0", **fields, confirmed="yes")
    assert set(User.objects.filter(is_active=True).values_list("pk", flat=True)) == {dana.id}


def test_more_rows_than_one_action_takes_are_refused(panel, alice, content, monkeypatch):
    rows_of(alice, 3)
    monkeypatch.setattr(PicturePage, "most_at_once", {"trash_pictures": 3})
    fields = {"action": "trash_pictures", "_selected_action": [str(content["picture"])], "index": "0"}
    answer = panel.post("library/picture/?place=library", **fields, select_across="1")
    assert answer["Location"] == "/admin/library/picture/?place=library"
    (said,) = panel.says("library/picture/")
    assert "narrow the list to 3" in said
    assert Picture.objects.trashed().count() == 0
    panel.post(f"library/picture/?owner__id__exact={alice.id}&q=photo 1", **fields, select_across="1")
    assert Picture.objects.trashed().count() == 1


def test_the_history_names_who_did_what_to_which_row(panel, alice, dana, content):
    panel.choose("library/picture/", "trash_pictures", content["picture"])
    panel.post(f"accounts/user/{alice.id}/delete/", post="yes")
    page = panel.get("admin/logentry/").content.decode()
    assert "Moved to the trash." in page
    assert f'/admin/library/picture/{content["picture"]}/change/"' in page
    assert ("Deleted." in page, alice.email in page, dana.email in page) == (True, True, True)
    assert f'/admin/accounts/user/{alice.id}/change/"' not in page


def test_the_page_of_a_row_offers_what_makes_sense_for_it(panel, alice, content):
    def offered(path: str) -> list[str]:
        page = panel.get(f"{path}/change/").content.decode()
        return re.findall(r'name="action" value="([a-z_]+)"', page)

    assert offered(f"library/picture/{content['picture']}") == ["trash_pictures"]
    alice.delete(f"/api/pictures/{content['picture']}/")
    assert offered(f"library/picture/{content['picture']}") == ["restore_pictures", "purge_pictures"]
    assert offered(f"accounts/user/{alice.id}") == ["change_plan", "sign_out", "deactivate"]
    assert offered(f"library/expiringlink/{content['link']}") == ["revoke_links"]
    assert offered(f"tasks/task/{content['task']}") == ["cancel_tasks"]
    Task.objects.update(status="succeeded", finished_at=timezone.now())
    assert offered(f"tasks/task/{content['task']}") == []
    (session,) = Session.objects.filter(user=alice.id)
    assert offered(f"accounts/session/{session.pk}") == ["end_logins"]
    panel.choose("accounts/session/", "end_logins", session.pk)
    assert offered(f"accounts/session/{session.pk}") == []
    assert offered("library/picture/99999") == []
