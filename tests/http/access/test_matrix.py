"""Who may do what: every route x method x role x kind of object, as the table says.

A new route or method fails `test_every_route_and_method_has_a_row` until it is in the table. To add one:
1. write its row into `table.py`, under the route's name in `urls.py`;
2. where the path has arguments that are not in `World.arguments`, add them there;
3. where success needs a body, write it into `BODIES`: a role that is let in must get a 2xx, not a 400."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.http.access.roles import ROLES
from tests.http.access.routes import routes
from tests.http.access.table import (
    ACCOUNTS,
    ALIASES,
    LIBRARY,
    MATRIX,
    ORGANIZATIONS,
    OTHERS,
    PLANS,
    TASKS,
    Methods,
)
from tests.http.access.world import BODIES, World, body_of


def cells(methods: Methods) -> Iterator[tuple[str, str, str, tuple[int, ...]]]:
    """Yield method, case, role and the statuses that are right, one cell after another."""
    for method, cases in methods.items():
        for case, answers in ({"": cases} if "owner" in cases else cases).items():
            for role in ROLES:
                yield method, case, role, answers[role]


def test_every_route_and_method_has_a_row():
    for name, path, methods in routes():
        missing = [method for method in methods if method not in MATRIX.get(name, {})]
        assert not missing, f"Say who may {', '.join(missing)} /{path}: MATRIX[{name!r}] in table.py lacks it."


def test_every_row_is_a_route():
    known = {(name, method) for name, _, methods in routes() for method in methods}
    stale = {(name, method) for name, methods in MATRIX.items() for method in methods} - known
    assert not stale, f"There is no such route or method: take {stale} out of the table."
    assert len(known) >= 50
    assert not BODIES.keys() - known


@pytest.mark.parametrize(
    "table",
    [ACCOUNTS, LIBRARY, ALIASES, PLANS | ORGANIZATIONS | TASKS | OTHERS],
    ids=["accounts", "library", "aliases", "others"],
)
def test_everybody_may_do_what_the_table_says_and_nothing_else(table, person, dana):
    world = World(person, dana)
    wrong = []
    for route, methods in table.items():
        for method, case, role, statuses in cells(methods):
            for path in world.paths(route, role, case):
                for asked in (method, "HEAD") if method == "GET" else (method,):
                    status = knock(world, route, asked, path, role, case)
                    if status not in statuses:
                        wrong.append(f"{route} {asked} {case or '-'} by {role}: {status}, not {statuses}")
    assert not wrong, "\n".join(wrong)


def knock(world: World, route: str, method: str, path: str, role: str, case: str) -> int:
    """Return the status of one request, whose effects are taken back."""
    body = body_of(world, route, method, case)
    with transaction.atomic():
        kwargs = {"data": body, "format": "json"} if method not in ("GET", "HEAD") else {}
        answer = getattr(world.clients[role], method.lower())(path, **kwargs)
        list(answer)  # A file is closed at its end, and as Django's client does it, without the connection.
        transaction.set_rollback(True)
    return int(answer.status_code)
