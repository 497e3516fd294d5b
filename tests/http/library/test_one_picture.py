"""Reading, renaming and deleting one picture: its owner and administrators, nobody else."""

import pytest

from tests.http.problems import refused


@pytest.fixture
def address(alice):
    return f"/api/pictures/{alice.upload(name='beach.jpg').json()['id']}/"


def test_the_owner_and_administrators_read_it(alice, dana, address):
    assert alice.get(address).json()["name"] == "beach.jpg"
    assert dana.get(address).json()["owner"] == alice.id


def test_a_stranger_learns_nothing_of_it(alice, charlie, address):
    there, absent = charlie.get(address), charlie.get("/api/pictures/99999999/")
    refused(there, 404, "not_found")
    assert {**there.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    refused(charlie.patch(address, {"name": "mine"}), 404, "not_found")
    refused(charlie.delete(address), 404, "not_found")
    assert alice.get(address).json()["name"] == "beach.jpg"


def test_nobody_reads_changes_or_deletes_it_without_signing_in(anonymous, address):
    for call in (anonymous.get, anonymous.patch, anonymous.delete):
        refused(call(address), 401, "not_authenticated")


def test_the_owner_renames_and_describes_it(alice, address):
    before = alice.get(address).json()
    after = alice.patch(address, {"name": "Night"}).json()
    assert (after["name"], after["description"]) == ("Night", "")
    after = alice.patch(address, {"description": "At the sea"}).json()
    assert (after["name"], after["description"]) == ("Night", "At the sea")
    assert after["updated_at"] > before["updated_at"]
    assert alice.patch(address, {"description": ""}).json()["description"] == ""


def test_an_administrator_renames_and_deletes_it(alice, dana, address):
    assert dana.patch(address, {"name": "Reviewed"}).status_code == 200
    assert alice.get(address).json()["name"] == "Reviewed"
    assert dana.delete(address).status_code == 204
    refused(alice.get(address), 404, "not_found")


def test_what_the_bytes_say_cannot_be_changed(alice, address):
    before = alice.get(address).json()
    alice.patch(
        address,
        {"width": 1, "sha256": "0", "owner": 99, "id": 1000, "format": "png", "created_at": "2000-01-01T00:00:00Z"},
    )
    after = alice.get(address).json()
    assert {**after, "updated_at": 0} == {**before, "updated_at": 0}


def test_an_address_with_another_kind_of_id_leads_nowhere(alice):
    for number in ("0", "99999999999999999999999", "-1", "1.5", "x", "\u0663", "%E9"):
        refused(alice.get(f"/api/pictures/{number}/"), 404, "not_found")
    refused(alice.get("/api/pictures/1%00/"), 400, "null_character")
