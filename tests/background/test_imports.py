"""Importing pictures by their addresses."""

import json
from typing import Any

from tests import pictures
from tests.background.conftest import ended
from tests.http.problems import refused
from tests.remote_site import Elsewhere
from tests.server import Server


def test_each_address_becomes_a_picture_or_a_refusal(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    album = alice.post("/api/albums/", json={"name": "Found"}).json()["id"]
    good = [elsewhere.put("Ёлка.jpg", pictures.jpeg(seed=3)), elsewhere.put("b.png", pictures.png(seed=4))]
    text = elsewhere.put("c.jpg", b"<html>no picture</html>")
    cut = elsewhere.put("d.jpg", pictures.jpeg(seed=5)[:-200])
    urls = [good[0], text, "http://169.254.169.254/latest/", cut, good[1], "ftp://example.com/a.jpg", "http://["]

    task = ended(alice, alice.post("/api/pictures/import/", json={"urls": urls, "album": album}))

    assert (task["status"], task["done"], task["total"]) == ("succeeded", 7, 7)
    results = task["result"]["results"]
    assert [result["url"] for result in results] == urls
    codes = [result.get("error", {}).get("code") for result in results]
    refusals = ["url_not_an_image", "url_unreachable", "truncated", None, "url_not_allowed", "url_not_allowed"]
    assert codes == [None, *refusals]
    listed = alice.get(f"/api/albums/{album}/pictures/").json()["results"]
    assert [row["id"] for row in listed] == [results[0]["picture"], results[4]["picture"]]
    assert [(row["name"], row["source"]) for row in listed] == [("Ёлка.jpg", "upload"), ("b.png", "upload")]
    assert alice.get(listed[0]["thumbnails"][0]["url"]).status_code == 200


def test_nothing_is_fetched_for_an_album_that_is_gone(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    album = alice.post("/api/albums/", json={"name": "Found"}).json()["id"]
    url = elsewhere.put("late.jpg", pictures.jpeg(seed=8))
    urls = [url] * 100
    started = alice.post("/api/pictures/import/", json={"urls": urls, "album": album})
    assert alice.delete(f"/api/albums/{album}/").status_code == 204

    task = ended(alice, started)

    made = task["result"]["pictures"]
    codes = [result.get("error", {}).get("code") for result in task["result"]["results"]]
    assert codes == [None] * made + ["not_found"] * (100 - made)
    # One may have been under way when the album went.
    assert elsewhere.fetched["/late.jpg"] in (made, made + 1)
    assert made < 50


def test_what_a_store_says_nothing_of_is_taken_by_its_bytes(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    # Without an extension, the other server calls it application/octet-stream.
    urls = [elsewhere.put("object-1", pictures.jpeg(seed=9)), elsewhere.put("object-2", b"no picture")]
    task = ended(alice, alice.post("/api/pictures/import/", json={"urls": urls}))
    codes = [result.get("error", {}).get("code") for result in task["result"]["results"]]
    assert codes == [None, "url_not_an_image"]
    refused(alice.post("/api/pictures/", json={"image_url": urls[0]}), 400, "url_not_an_image", "/image_url")


def test_quota_holds_for_imports(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    content = pictures.jpeg(seed=6)
    working_server.sql(
        "INSERT INTO plans_plan (name, thumbnail_heights, original, expiring_links, max_upload_bytes, quota_bytes,"
        " is_default) SELECT 'Narrow', '[200]', TRUE, FALSE, max_upload_bytes, ?, FALSE FROM plans_plan LIMIT 1",
        len(content),
    )
    working_server.sql(
        "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Narrow') WHERE id = ?",
        alice.user["id"],
    )
    url = elsewhere.put("quota.jpg", content)

    task = ended(alice, alice.post("/api/pictures/import/", json={"urls": [url, url]}))

    assert [result.get("error", {}).get("code") for result in task["result"]["results"]] == [None, "quota_exceeded"]
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": len(content), "pictures": 1}


def test_an_import_needs_addresses_and_an_album_that_one_may_fill(alice: Any, charlie: Any) -> None:
    hidden = alice.post("/api/albums/", {"name": "Mine"}).json()["id"]
    refused(charlie.post("/api/pictures/import/", {"urls": []}), 400, "min_length", pointer="/urls")
    refused(charlie.post("/api/pictures/import/", {"urls": ["x"] * 501}), 400, "max_length", pointer="/urls")
    refused(
        charlie.post("/api/pictures/import/", {"urls": ["http://a.example/"], "album": hidden}), 400, "unknown_album"
    )


def test_a_key_starts_one_import(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    body = {"urls": [elsewhere.put("once.jpg", pictures.jpeg(seed=7))]}
    key = {"Idempotency-Key": "import-1"}
    first, second = (alice.post("/api/pictures/import/", json=body, headers=key) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    ended(alice, first)
    assert len(alice.get("/api/pictures/").json()["results"]) == 1


def test_what_an_older_version_has_imported_is_not_fetched_again(working_server: Server, elsewhere: Elsewhere) -> None:
    alice = working_server.register("alice")
    urls = [elsewhere.put(f"upgrade-{seed}.jpg", pictures.jpeg(seed=seed)) for seed in (11, 12)]
    urls.insert(1, elsewhere.put("upgrade.txt", b"no picture"))
    before = ended(alice, alice.post("/api/pictures/import/", json={"urls": urls}))
    # As it left its task when it was cancelled before the last address.
    working_server.sql(
        "UPDATE tasks_task SET status = 'cancelled', done = 2, result = NULL, checkpoint = ? WHERE id = ?",
        json.dumps({"results": before["result"]["results"][:2]}),
        before["id"],
    )

    task = ended(alice, alice.post(f"/api/tasks/{before['id']}/retry/"))

    assert (task["status"], task["done"]) == ("succeeded", 3)
    assert task["result"]["results"][:2] == before["result"]["results"][:2]
    assert [result["url"] for result in task["result"]["results"]] == urls
    fetched = [elsewhere.fetched[f"/{url.rpartition('/')[2]}"] for url in urls]
    assert fetched == [1, 1, 2]
