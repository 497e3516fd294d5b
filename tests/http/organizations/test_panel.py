"""Organizations and memberships in the admin panel, by the same rules."""

import pytest
from django.test import Client

from albumen.organizations.models import Membership, Organization
from tests.conftest import PASSWORD
from tests.http.admin.conftest import Panel


@pytest.fixture
def panel(dana):
    panel = Panel(Client(enforce_csrf_checks=True))
    assert panel.sign_in(dana.email, PASSWORD).status_code == 302
    return panel


def said(answer):
    return str(answer.context["errors"])


def test_every_page_opens(panel, club):
    membership = Membership.objects.get(user__email="bob@example.com").pk
    for path in (
        "organizations/organization/",
        "organizations/organization/add/",
        f"organizations/organization/{club.id}/change/",
        f"organizations/organization/{club.id}/delete/",
        f"organizations/membership/?organization__id__exact={club.id}",
        "organizations/membership/add/",
        f"organizations/membership/{membership}/change/",
        f"organizations/membership/{membership}/delete/",
        "autocomplete/?app_label=organizations&model_name=membership&field_name=user&term=bob",
    ):
        assert panel.get(path).status_code == 200, path


def test_lists_are_searched_without_case_and_accents(panel, alice, found):
    found(alice, "Élan")
    for term, count in (("ELAN", 1), ("xyz", 0)):
        assert panel.get(f"organizations/organization/?q={term}").context["cl"].result_count == count
    assert panel.get("organizations/membership/?q=elan alice@").context["cl"].result_count == 1


def test_lists_take_as_many_queries_for_many_rows_as_for_one(panel, alice, found, django_assert_max_num_queries):
    for number in range(5):
        found(alice, f"Club {number}")
    for name in ("organization", "membership", "invitation"):
        with django_assert_max_num_queries(8):
            assert panel.get(f"organizations/{name}/").status_code == 200


def test_an_organization_is_made_changed_and_deleted(panel, dana, alice):
    answer = panel.post("organizations/organization/add/", name="Hikers", description="", open="on")
    assert answer.status_code == 302
    club = Organization.objects.get()
    assert dana.get(f"/api/organizations/{club.pk}/").json()["role"] == "owner"
    panel.post(f"organizations/organization/{club.pk}/change/", name="Läufer", description="x")
    shown = alice.get("/api/organizations/?search=laufer").json()["results"][0]
    assert (shown["description"], shown["open"]) == ("x", False)
    assert panel.post(f"organizations/organization/{club.pk}/delete/", post="yes").status_code == 302
    assert not Organization.objects.exists()


def test_members_are_added_changed_and_removed(panel, charlie, club):
    fields = {"organization": club.id, "user": charlie.id}
    assert panel.post("organizations/membership/add/", **fields, role="editor").status_code == 302
    added = Membership.objects.get(user_id=charlie.id)
    assert panel.post(f"organizations/membership/{added.pk}/change/", role="owner").status_code == 302
    assert club.roles()["Charlie"] == "owner"
    assert panel.post("organizations/membership/add/", **fields, role="viewer").status_code == 200
    assert panel.post(f"organizations/membership/{added.pk}/delete/", post="yes").status_code == 302
    assert "Charlie" not in club.roles()


def test_invitations_are_seen_as_they_are_and_revoked(panel, alice, charlie, club):
    assert alice.post(club.invitations, {"email": "erin@example.com", "role": "editor"}).status_code == 201
    asked = alice.post(club.invitations, {"user": charlie.id}).json()["id"]
    assert charlie.post(f"/api/invitations/{asked}/decline/").status_code == 204
    path = "organizations/invitation/"
    page = panel.get(f"{path}?organization__id__exact={club.id}").content.decode()
    assert all(text in page for text in ("erin@example.com", "charlie@example.com", "declined", "pending", "accepted"))
    assert panel.get(f"{path}?q=erin@").context["cl"].result_count == 1
    assert panel.get(f"{path}?state=closed").context["cl"].result_count == 1
    opened = panel.get(f"{path}{asked}/change/")
    assert (opened.status_code, "charlie@example.com" in opened.content.decode()) == (200, True)
    rows = [row["id"] for row in alice.get(club.invitations).json()["results"]]
    panel.post(path, action="revoke_invitations", _selected_action=rows)
    assert panel.says(path) == ["2 invitations revoked."]
    assert alice.get(club.invitations).json()["results"] == []
    panel.post(path, action="revoke_invitations", _selected_action=rows)
    assert panel.says(path) == ["These invitations had ended already."]


def test_what_a_member_shows_is_only_read(panel, bob, club):
    membership = Membership.objects.get(user_id=bob.id)
    path = f"organizations/membership/{membership.pk}/change/"
    assert "its owners" in panel.get(path).content.decode()
    assert panel.post(path, role="editor", contacts="members").status_code == 302
    membership.refresh_from_db()
    assert (membership.role, membership.contacts) == ("editor", "owners")


def test_the_last_owner_stays_and_the_panel_says_why(panel, alice, club):
    own = Membership.objects.get(user_id=alice.id).pk
    answer = panel.post(f"organizations/membership/{own}/change/", role="viewer")
    assert "Hikers needs an owner" in answer.content.decode()
    assert panel.post(f"organizations/membership/{own}/delete/", post="yes").status_code == 302
    assert panel.says(f"organizations/membership/{own}/change/") == [
        "Hikers needs an owner: make somebody else one first."
    ]
    assert panel.post(f"accounts/user/{alice.id}/delete/", post="yes").status_code == 302
    assert club.roles() == {"Alice": "owner", "Bob": "viewer"}
