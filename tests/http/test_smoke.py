def test_a_photo_goes_in_and_its_thumbnail_comes_out(alice):
    answer = alice.upload()
    assert answer.status_code == 201, answer.content
    url = answer.json()["thumbnails"][0]["url"]
    assert alice.get(url).status_code == 200


def test_real(shared_server):
    client = shared_server.register("alice")
    assert client.get("/api/profile").json()["email"] == client.email
