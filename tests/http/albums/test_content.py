"""What is in an album: uploads into it, pictures that one adds, and taking them out."""

import base64

import pytest

from albumen.library.models import AlbumPicture, Picture
from tests import pictures
from tests.http.conftest import ids, new_album, put_in, rows_of
from tests.http.problems import refused


def count(person, album: int) -> int:
    """The album's count, once it agrees with its list."""
    counted = person.get(f"/api/albums/{album}/").json()["picture_count"]
    assert len(ids(person.get(f"/api/albums/{album}/pictures/?page_size=200"))) == min(counted, 200)
    return counted


def form(**fields):
    return {"image": pictures.as_file(pictures.jpeg(40, 30)), **fields}


def test_a_form_uploads_into_the_album(alice):
    album = new_album(alice)
    answer = alice.post(f"/api/albums/{album}/pictures/", form(name="Beach"), format="multipart")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["name"], answer.json()["albums"]) == ("Beach", [album])
    assert alice.get(answer.json()["thumbnails"][0]["url"]).status_code == 200
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [answer.json()["id"]]
    assert count(alice, album) == 1


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_base64_uploads_into_the_album(alice, prefix):
    album = new_album(alice)
    text = prefix + base64.b64encode(pictures.png(30, 20)).decode()
    answer = alice.post(f"/api/albums/{album}/pictures/", {"image": text, "name": "Dot"})
    assert (answer.status_code, answer.json()["albums"], answer.json()["format"]) == (201, [album], "png")
    assert count(alice, album) == 1


def test_an_upload_names_its_album(alice):
    album = new_album(alice)
    uploaded = alice.upload(album=album)
    assert (uploaded.status_code, uploaded.json()["albums"]) == (201, [album])
    assert count(alice, album) == 1


def test_an_upload_that_is_refused_leaves_the_album_as_it_was(alice, bob, studio):
    mine, hidden = new_album(alice), new_album(bob)
    shown = new_album(bob, visibility="public")
    refused(alice.upload(album=shown), 403, "permission_denied")
    refused(alice.upload(album="x"), 400, "invalid", "/album")
    refused(alice.upload(b"no image", album=mine), 400, "not_an_image", "/image")
    refused(alice.post(f"/api/albums/{mine}/pictures/", {}), 400, "required", "/image")
    assert (count(alice, mine), count(bob, hidden), count(bob, shown)) == (0, 0, 0)
    assert Picture.objects.count() == 0


def test_what_an_editor_uploads_is_the_editors(alice, bob, studio):
    album = new_album(alice, organization=studio.id, visibility="organization")
    uploaded = bob.post(f"/api/albums/{album}/pictures/", form(), format="multipart").json()
    assert uploaded["owner"] == bob.id
    assert alice.get(f"/api/pictures/{uploaded['id']}/").status_code == 200
    refused(alice.patch(f"/api/pictures/{uploaded['id']}/", {"name": "Mine"}), 403, "permission_denied")
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 0


def test_an_upload_into_an_album_that_is_sent_again_makes_one_picture(alice):
    album, key = new_album(alice), {"HTTP_IDEMPOTENCY_KEY": "beach-1"}
    path = f"/api/albums/{album}/pictures/"
    first, second = (alice.post(path, form(), format="multipart", **key) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content) == (201, first.content)
    assert second["Idempotency-Replayed"] == "true"
    assert count(alice, album) == 1
    refused(alice.post("/api/pictures/", form(), format="multipart", **key), 409, "idempotency_key_reused")


def test_adding_with_a_key_is_answered_again_as_well(alice):
    album, (picture,) = new_album(alice), rows_of(alice, 1)
    path, key = f"/api/albums/{album}/pictures/", {"HTTP_IDEMPOTENCY_KEY": "add-1"}
    first, second = (alice.post(path, {"pictures": [picture]}, **key) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()


def test_pictures_that_one_has_are_added_at_the_end_in_the_order_named(alice):
    album, (one, two, three, four) = new_album(alice), rows_of(alice, 4)
    put_in(alice, album, four)
    put_in(alice, album, three, one, two)
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [four, three, one, two]
    assert count(alice, album) == 4


@pytest.mark.parametrize("as_sent", [lambda ids: ids, lambda ids: ",".join(map(str, ids))], ids=["each", "commas"])
def test_a_form_adds_pictures_whatever_its_other_fields_that_are_empty(alice, as_sent):
    album = new_album(alice)
    some = [alice.upload().json()["id"] for _ in range(2)]
    body = {"pictures": as_sent(some), "image": "", "image_url": "", "name": "", "album": ""}
    answer = alice.post(f"/api/albums/{album}/pictures/", body, format="multipart")
    assert (answer.status_code, answer.json()["picture_count"]) == (200, 2)


def test_a_form_uploads_whatever_its_other_fields_that_are_empty(alice):
    album = new_album(alice)
    empty = dict.fromkeys(("image_url", "name", "description", "album", "expiring_time_seconds"), "")
    for path, more in (("/api/pictures/", {}), (f"/api/albums/{album}/pictures/", {"pictures": ""})):
        answer = alice.post(path, form(**empty, **more), format="multipart")
        assert (answer.status_code, answer.json()["name"]) == (201, "photo.jpg"), answer.content


def test_a_picture_is_in_an_album_once(alice):
    album, (one, two, three) = new_album(alice), rows_of(alice, 3)
    put_in(alice, album, one, two, one, one)
    put_in(alice, album, three, one)
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [one, two, three]
    assert count(alice, album) == 3


def test_a_picture_is_in_several_albums(alice):
    albums = [new_album(alice, name=name) for name in "abc"]
    picture = alice.upload(album=albums[0]).json()["id"]
    put_in(alice, albums[2], picture)
    assert alice.get(f"/api/pictures/{picture}/").json()["albums"] == [albums[0], albums[2]]
    assert [count(alice, album) for album in albums] == [1, 0, 1]
    assert ids(alice.get(f"/api/pictures/?album={albums[2]}")) == [picture]
    alice.delete(f"/api/pictures/{picture}/")
    assert [count(alice, album) for album in albums] == [0, 0, 0]
    alice.post(f"/api/pictures/{picture}/restore/")
    assert [count(alice, album) for album in albums] == [1, 0, 1]


def test_only_live_pictures_of_ones_own_are_added_and_all_of_them_or_none(alice, bob, studio):
    album = new_album(alice, organization=studio.id, visibility="organization")
    (mine, trashed), (his,) = rows_of(alice, 2), rows_of(bob, 1)
    put_in(bob, album, his)
    alice.delete(f"/api/pictures/{trashed}/")
    path = f"/api/albums/{album}/pictures/"
    for other in (his, trashed, 2**40):
        problem = refused(alice.post(path, {"pictures": [mine, other]}), 400, "unknown_picture", "/pictures")
        assert problem["detail"].endswith(f": {other}.")
    assert ids(alice.get(path)) == [his]


def test_administrators_add_pictures_of_their_own_alone(alice, dana):
    album, (hers,) = new_album(alice), rows_of(alice, 1)
    refused(dana.post(f"/api/albums/{album}/pictures/", {"pictures": [hers]}), 400, "unknown_picture", "/pictures")


def test_an_image_beside_a_list_of_pictures_is_refused(alice):
    album, (picture,) = new_album(alice), rows_of(alice, 1)
    answer = alice.post(f"/api/albums/{album}/pictures/", form(pictures=picture), format="multipart")
    refused(answer, 400, "invalid", "/image")
    assert count(alice, album) == 0
    assert ids(alice.get("/api/pictures/")) == [picture]


BAD_LISTS = [
    ([], "min_length"),
    ("7", "not_a_list"),
    (None, "null"),
    ({"a": 1}, "not_a_list"),
    (["x"], "invalid"),
    ([0], "min_value"),
    ([2**63], "max_value"),
    (list(range(1, 502)), "max_length"),
]


@pytest.mark.parametrize(("value", "code"), BAD_LISTS, ids=lambda value: str(value)[:20])
def test_lists_of_pictures_that_cannot_be_are_refused(alice, value, code):
    album = new_album(alice)
    problem = refused(alice.post(f"/api/albums/{album}/pictures/", {"pictures": value}), 400, code)
    assert problem["errors"][0]["pointer"].startswith("/pictures")


def test_five_hundred_pictures_are_added_in_one_call(alice, django_assert_max_num_queries):
    album, many = new_album(alice), rows_of(alice, 500)
    with django_assert_max_num_queries(20):
        put_in(alice, album, *many)
    assert count(alice, album) == 500


def test_taking_a_picture_out_leaves_it_where_else_it_is(alice):
    album, other = new_album(alice), new_album(alice)
    one, two = rows_of(alice, 2)
    put_in(alice, album, one, two)
    put_in(alice, other, one)
    path = f"/api/albums/{album}/pictures/{one}/"
    assert alice.delete(path).status_code == 204
    refused(alice.delete(path), 404, "not_found")
    assert (count(alice, album), count(alice, other)) == (1, 1)
    assert alice.get(f"/api/pictures/{one}/").json()["albums"] == [other]


def test_a_picture_in_the_trash_is_not_taken_out_and_comes_back_to_its_place(alice):
    album, (one, two, three) = new_album(alice), rows_of(alice, 3)
    put_in(alice, album, one, two, three)
    alice.delete(f"/api/pictures/{two}/")
    refused(alice.delete(f"/api/albums/{album}/pictures/{two}/"), 404, "not_found")
    alice.post(f"/api/pictures/{two}/restore/")
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [one, two, three]
    assert count(alice, album) == 3


def test_purged_pictures_leave_the_album(alice):
    album, (one, two) = new_album(alice), rows_of(alice, 2)
    put_in(alice, album, one, two)
    alice.patch(f"/api/albums/{album}/", {"cover": one})
    alice.delete(f"/api/pictures/{one}/")
    assert alice.delete(f"/api/trash/{one}/").status_code == 204
    assert count(alice, album) == 1
    assert alice.get(f"/api/albums/{album}/").json()["cover"] == two
    assert AlbumPicture.objects.count() == 1


def test_who_deletes_the_account_leaves_counts_right_in_the_albums_of_others(alice, bob, studio):
    album = new_album(alice, organization=studio.id, visibility="organization")
    (hers,), (his, trashed) = rows_of(alice, 1), rows_of(bob, 2)
    put_in(alice, album, hers)
    put_in(bob, album, his, trashed)
    bob.delete(f"/api/pictures/{trashed}/")
    assert count(alice, album) == 2
    assert bob.delete("/api/profile/", {"password": bob.password}).status_code == 204
    assert count(alice, album) == 1
    assert ids(alice.get(f"/api/albums/{album}/pictures/")) == [hers]


@pytest.mark.parametrize(("method", "body"), [("delete", None), ("patch", {"before": None})])
def test_what_is_not_in_the_album_cannot_be_taken_out_or_moved(alice, bob, method, body):
    album, (loose,), (his,) = new_album(alice), rows_of(alice, 1), rows_of(bob, 1)
    for picture in (loose, his, 2**40):
        call = getattr(alice, method)
        refused(call(f"/api/albums/{album}/pictures/{picture}/", body), 404, "not_found")


DOT = base64.b64encode(pictures.png(30, 20)).decode()
BODIES = {
    "form": lambda album: {"data": form(album=album), "format": "multipart"},
    "base64": lambda album: {"data": {"image": DOT, "album": album}},
    "link": lambda album: {"data": {"image_url": "http://127.0.0.1/x.png", "album": album}},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/api/pictures/", "/users/{}/images/", "/api/v1/images_upload/"])
def test_an_upload_that_names_no_album_that_one_sees_is_bad_input(alice, bob, path, body):
    hidden = new_album(bob)
    answers = [alice.post(path.format(alice.id), **body(album)) for album in (hidden, 2**40)]
    problems = [refused(answer, 400, "unknown_album", "/album") | {"request_id": ""} for answer in answers]
    assert problems[0] == problems[1]
    assert Picture.objects.count() == 0


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_upload_into_one_album_that_names_another_is_refused(alice, body):
    album, other = new_album(alice), new_album(alice)
    for named in (other, 2**40):
        answer = alice.post(f"/api/albums/{album}/pictures/", **body(named))
        refused(answer, 400, "conflicting", "/album")
    assert Picture.objects.count() == 0


def test_a_body_may_name_the_album_of_its_address(alice):
    album, (picture,) = new_album(alice), rows_of(alice, 1)
    path = f"/api/albums/{album}/pictures/"
    assert alice.post(path, **BODIES["form"](album)).json()["albums"] == [album]
    assert alice.post(path, {"pictures": [picture], "album": album}).json()["picture_count"] == 2
    refused(alice.post(path, {"pictures": [picture], "album": album + 1}), 400, "conflicting", "/album")
