"""What `/ws/events/` does not read, and how many may be open at once."""

from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.sockets import listening


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "7",
        "[" * 30000,
        '{"type": "subscribe"}',
        '{"type": ["auth"]}',
        '{"access": "x"}',
        '{"type": "auth", "access": 7}',
        '{"type": "auth", "access": "x", "after": "1"}',
        '{"type": "auth", "access": "x", "after": true}',
        '{"type": "auth", "access": "x", "after": -1}',
        f'{{"type": "auth", "access": "x", "after": {2**63}}}',
        b"bytes",
    ],
)
def test_what_makes_no_sense_ends_the_socket(shared_server, message):
    with listening(shared_server) as ear:
        ear.connection.send(message)
        assert ear.hear()["code"] == "malformed_message"
        assert ear.ended() == 4400


def test_a_large_message_and_a_flood_are_not_read(shared_server, alice):
    with listening(shared_server) as ear:
        ear.say({"type": "auth", "access": "x" * 64 * 1024})
        assert ear.ended() == 1009
    with listening(shared_server) as ear:
        assert ear.sign_in(alice)["type"] == "ready"
        for _ in range(250):
            try:
                ear.say({"type": "ping"})
            except ConnectionClosed:
                break
        assert ear.ended() == 4429


def test_one_user_has_fifty_sockets(shared_server, alice, bob):
    ears = [listening(shared_server) for _ in range(51)]
    try:
        opened = [ear.__enter__() for ear in ears]
        said = [ear.sign_in(alice) for ear in opened]
        assert [one["type"] for one in said] == ["ready"] * 50 + ["error"]
        assert (said[-1]["code"], opened[-1].ended()) == ("rate_limited", 4429)
        with listening(shared_server) as other:
            assert other.sign_in(bob)["type"] == "ready"
    finally:
        for ear in ears:
            ear.__exit__(None, None, None)
    with listening(shared_server) as again:
        assert again.sign_in(alice)["type"] == "ready"


def test_one_address_cannot_take_all_places_of_those_who_have_not_signed_in(shared_server, alice):
    with ExitStack() as stack:
        waiting = [stack.enter_context(listening(shared_server)) for _ in range(100)]
        with pytest.raises(InvalidStatus), listening(shared_server):
            pass
        with listening(shared_server, source_address=("127.0.0.2", 0)) as elsewhere:
            assert elsewhere.sign_in(alice)["type"] == "ready"
        assert waiting[0].sign_in(alice)["type"] == "ready"
        with listening(shared_server) as next_one:
            assert next_one.sign_in(alice)["type"] == "ready"
