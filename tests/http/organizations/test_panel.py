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
    for name in ("organization", "membership"):
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
