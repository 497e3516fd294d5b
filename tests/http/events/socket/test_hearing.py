"""What `/ws/events/` tells, and whom."""

import subprocess
import sys

import pytest
from websockets.exceptions import InvalidStatus

from tests.http.events.socket.conftest import log_of, make_album
from tests.server import ROOT
from tests.sockets import listening


@pytest.mark.parametrize("path", ["/ws/events/", "/ws/events"])
def test_what_happens_is_heard_at_once_and_as_it_stands_in_the_log(shared_server, alice, path):
    with listening(shared_server, path) as ear:
        assert ear.sign_in(alice) == {"type": "ready", "last": 0}
        album = make_album(alice)
        (event,) = ear.hear_events(1)
        assert (event["id"], event["event"], event["data"]["id"]) == (1, "album.created", album)
        (row,) = log_of(alice)
        assert event == {"type": "event", "id": row["id"], "event": row["type"], "at": row["at"], "data": row["data"]}


def test_everybody_hears_their_own(shared_server, alice, bob):
    with listening(shared_server) as first, listening(shared_server) as second, listening(shared_server) as other:
        for ear, client in ((first, alice), (second, alice), (other, bob)):
            assert ear.sign_in(client)["last"] == 0
        make_album(alice)
        make_album(bob, "Winter")
        assert first.hear_events(1) == second.hear_events(1)
        assert [event["data"]["name"] for event in other.hear_events(1)] == ["Winter"]


def test_what_another_process_writes_is_heard(shared_server, alice):
    script = (
        "from django.utils import timezone; from albumen.accounts.models import User; "
        "from albumen.library.services.albums import create_album; "
        f"create_album(actor=User.objects.get(pk={alice.user['id']}), name='By hand', now=timezone.now())"
    )
    with listening(shared_server) as ear:
        assert ear.sign_in(alice)["last"] == 0
        command = [sys.executable, "manage.py", "shell", "-c", script]
        subprocess.run(command, cwd=ROOT, env=shared_server.env, check=True, capture_output=True, timeout=60)
        assert ear.hear()["data"]["name"] == "By hand"


def test_there_is_no_other_socket(shared_server):
    with pytest.raises(InvalidStatus), listening(shared_server, "/ws/other/"):
        pass
