"""The tasks of one account never have all threads of a worker."""

from tests import pictures
from tests.background.conftest import ended
from tests.http.test_one_account import StuckSite
from tests.remote_site import Elsewhere
from tests.server import Server


def test_an_import_runs_while_somebody_elses_all_wait_for_a_server_that_hangs(
    own_server: Server, elsewhere: Elsewhere
) -> None:
    stuck = StuckSite()
    allowed = f"127.0.0.1:{stuck.port},{elsewhere.pair}"
    own_server.start(ALBUMEN_WORKERS="1", ALBUMEN_REMOTE_ALLOW=allowed)
    try:
        alice, bob = own_server.register("alice"), own_server.register("bob")
        hanging = [alice.post("/api/pictures/import/", json={"urls": [stuck.url]}) for _ in range(4)]
        url = elsewhere.put("quick.jpg", pictures.jpeg(seed=21))
        task = ended(bob, bob.post("/api/pictures/import/", json={"urls": [url]}))
        assert task["result"]["pictures"] == 1
        statuses = [alice.get(f"/api/tasks/{one.json()['id']}/").json()["status"] for one in hanging]
        assert statuses.count("succeeded") == 0
        assert statuses.count("running") <= 1
        stuck.go_on()
        assert [ended(alice, one)["status"] for one in hanging] == ["succeeded"] * 4
    finally:
        stuck.go_on()
        stuck.stop()
