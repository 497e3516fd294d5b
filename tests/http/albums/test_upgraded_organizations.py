"""Albums from before a private album ceased to name an organization in which its owner shows nothing any more."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.http.conftest import Studio, new_album

BEFORE = ("library", "0009_order_by_sort_key")


@pytest.fixture
def upgrade(committed: None) -> Iterator[Any]:
    """Take the database back to the step before; the function that is yielded does the rest of the upgrade."""

    def upgrade() -> None:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    yield upgrade
    upgrade()


def test_private_albums_of_who_may_not_edit_there_name_no_organization(upgrade, person, dana):
    alice, bob, charlie, erin = map(person, ("alice", "bob", "charlie", "erin"))
    studio = Studio(alice)
    elsewhere = Studio(bob, "Elsewhere")
    studio.add(bob, "editor")
    studio.add(charlie, "viewer")
    named = {
        (someone.email, visibility): new_album(someone)
        for someone in (alice, bob, charlie, erin)
        for visibility in ("private", "organization", "public")
    }
    # As it could be before: Charlie was made a viewer, and Erin, who edits elsewhere, was removed.
    elsewhere.add(erin, "editor")
    albums = MigrationExecutor(connection).loader.project_state([BEFORE]).apps.get_model("library", "Album")
    for (_, visibility), album in named.items():
        albums.objects.filter(pk=album).update(organization=studio.id, visibility=visibility)
    unnamed = new_album(erin)
    upgrade()
    cleared = {(charlie.email, "private"), (erin.email, "private")}
    for key, album in {**named, ("nobody", ""): unnamed}.items():
        shown = dana.get(f"/api/albums/{album}/").json()
        expected = None if key in cleared or key == ("nobody", "") else studio.id
        assert (shown["organization"], shown["visibility"]) == (expected, key[1] or "private"), key
