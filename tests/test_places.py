"""Places: who works, who waits, whose turn it is, and who is refused."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from albumen.errors import LimitReached, Unavailable
from albumen.places import Places, by_name, current_client


@pytest.fixture
def places() -> Iterator[Places]:
    """Eight places, where one request works at a time."""
    yield Places("tried", size=8, at_once=1, each=1, seconds=0.2, busy="server_busy")
    del by_name["tried"]


def test_clients_take_turns_however_many_requests_one_has(places: Places) -> None:
    worked: list[str] = []

    async def work(client: str) -> None:
        async with places.place_without_thread(client):
            worked.append(client)
            await asyncio.sleep(0)

    async def all_at_once() -> None:
        await asyncio.gather(*map(work, "aaabcb"))

    asyncio.run(all_at_once())
    assert worked == ["a", "a", "b", "c", "a", "b"]
    assert places.taken == 0


def test_a_client_has_at_most_as_many_places_as_are_left_for_others(places: Places) -> None:
    refusals: list[tuple[str, str]] = []
    may_end = asyncio.Event()

    async def ask(client: str) -> None:
        try:
            async with places.place_without_thread(client):
                await may_end.wait()
        except (LimitReached, Unavailable) as error:
            refusals.append((client, error.code))

    async def all_at_once() -> None:
        asked = [asyncio.create_task(ask(client)) for client in "aaaaabbbcde"]
        await asyncio.sleep(0)
        may_end.set()
        assert places.taken == 8
        await asyncio.gather(*asked)

    asyncio.run(all_at_once())
    assert refusals == [("a", "too_many_at_once"), ("b", "too_many_at_once"), ("e", "server_busy")]
    assert places.taken == 0


def test_who_waits_for_too_long_is_refused_and_leaves_no_place_taken(places: Places) -> None:
    async def wait_in_vain() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(places.place_without_thread("a"))
            with pytest.raises(LimitReached):
                await stack.enter_async_context(places.place_without_thread("a"))
            with pytest.raises(Unavailable):
                await stack.enter_async_context(places.place_without_thread("b"))
            assert places.taken == 1

    asyncio.run(wait_in_vain())
    assert places.taken == 0


def test_threads_wait_as_well_and_what_is_no_request_needs_no_place(places: Places) -> None:
    token = current_client.set(lambda: "a")
    try:
        with places.place():
            with pytest.raises(LimitReached), places.place():
                raise AssertionError
            assert places.taken == 1
            current_client.set(None)
            with places.place():
                assert places.taken == 1
    finally:
        current_client.reset(token)
    assert places.taken == 0
