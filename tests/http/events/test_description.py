"""docs/asyncapi.yaml and its page: what they say is what the server does."""

import json
import re

import httpx
import jsonschema
import pytest
import yaml

import albumen
from tests import pictures
from tests.server import ROOT, let_in
from tests.sockets import listening, token_of

DESCRIPTION = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())
MESSAGES = DESCRIPTION["components"]["messages"]


def fits(name, payload):
    """Whether a message is one that the description knows under this name."""
    schema = {**MESSAGES[name]["payload"], "components": DESCRIPTION["components"]}
    return jsonschema.Draft202012Validator(schema).is_valid(payload)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_example_is_what_its_schema_says_and_no_other(name):
    for example in MESSAGES[name]["examples"]:
        assert [other for other in MESSAGES if fits(other, example["payload"])] == [name]


def test_every_type_of_the_contract_is_described():
    found = set()
    for message in MESSAGES.values():
        kind = message["payload"].get("properties", {}).get("event", {})
        found |= set(kind.get("enum", [])) | {kind["const"]} if kind.get("const") else set(kind.get("enum", []))
    assert found == {
        *(f"picture.{change}" for change in ("created", "updated", "deleted", "restored")),
        *(f"album.{change}" for change in ("created", "updated", "deleted")),
        *("organization.member_added", "organization.member_removed", "task.updated"),
        *(f"link.{change}" for change in ("created", "revoked", "used_up")),
    }


@pytest.mark.parametrize(
    "example", [one["payload"] for name in ("auth", "ping") for one in MESSAGES[name]["examples"]]
)
def test_a_client_that_says_the_examples_is_understood(shared_server, example):
    alice = shared_server.register("alice")
    with listening(shared_server) as ear:
        ear.connection.send(json.dumps(example).replace("ACCESS_TOKEN", token_of(alice)))
        assert fits("pong" if example["type"] == "ping" else "ready", ear.hear())


def test_what_the_server_says_is_as_described(shared_server):
    alice, bob = shared_server.register("alice"), shared_server.register("bob")
    mine = (alice.user["id"],)
    shared_server.sql(
        "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise') WHERE id = ?", *mine
    )
    with listening(shared_server) as ear:
        assert fits("ready", ear.sign_in(alice))
        files, fields = {"image": pictures.jpeg(40, 30)}, {"expiring_time_seconds": 300}
        picture = alice.post("/api/pictures/", files=files, data=fields).json()
        path = f"/api/pictures/{picture['id']}"
        alice.patch(f"{path}/", json={"name": "Sea"})
        link = alice.post(f"{path}/links/", json={"expiring_time_seconds": 300, "max_uses": 1}).json()
        httpx.get(link["url"])
        alice.delete(f"/api/links/{picture['expiring_link']['id']}/")
        alice.delete(f"{path}/")
        alice.post(f"{path}/restore/")
        studio = alice.post("/api/organizations/", json={"name": "Studio"}).json()["id"]
        let_in(alice, studio, bob)
        alice.delete(f"/api/organizations/{studio}/members/{bob.user['id']}/")
        album = alice.post("/api/albums/", json={"name": "Summer"}).json()["id"]
        alice.post(f"/api/albums/{album}/pictures/", json={"pictures": [picture["id"]]})
        more = alice.post(f"/api/albums/{album}/pictures/", files={"image": pictures.jpeg(40, 31)})
        assert more.status_code == 201
        alice.delete(f"/api/albums/{album}/?pictures=delete")
        expected = [
            *(("picture.created", "picture"), ("link.created", "link"), ("picture.updated", "picture")),
            *(("link.created", "link"), ("link.used_up", "link"), ("link.revoked", "link")),
            *(("picture.deleted", "picture"), ("picture.restored", "picture")),
            *(("organization.member_added", "member"),) * 2,
            *(("organization.member_removed", "member"), ("album.created", "album"), ("album.updated", "album")),
            *(("picture.created", "picture"), ("album.updated", "album"), ("album.deleted", "album")),
            ("picture.deleted", "pictures"),
        ]
        for event, name in expected:
            heard = ear.hear()
            assert heard["event"] == event
            assert fits(name, heard), heard
        alice.post("/api/logout/all/")
        assert fits("error", ear.hear())


def test_the_page_shows_every_message_and_the_file_is_there(anonymous):
    page = anonymous.get("/docs/events/").content.decode()
    assert re.findall(r'<h3 id="([^"]+)"', page) == list(MESSAGES)
    answer = anonymous.get("/docs/events/asyncapi.yaml")
    info = DESCRIPTION["info"] | {"version": albumen.__version__}
    assert yaml.safe_load(answer.content) == DESCRIPTION | {"info": info}
