"""Changes of somebody's role in an organization, and what each role may do with an album of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

OWNER, EDITOR, VIEWER, NONE, CLOSED = "owner", "editor", "viewer", "none", "closed account"
MEMBERS = {OWNER, EDITOR, VIEWER}
EDITORS = {OWNER, EDITOR}
OWNERS = {OWNER}
NOBODY: set[str] = set()
ANYBODY = {*MEMBERS, NONE}

# What somebody may do with an organization's album, by the role that they have at that moment, whatever it was before.
THEIRS: dict[str, set[str]] = {
    "read": MEMBERS,
    "list": MEMBERS,
    "events": MEMBERS,
    "export": MEMBERS,
    "download": MEMBERS,  # Of an export that they made while they saw the album.
    "signed URL": MEMBERS,  # Of a colleague's picture, from when they saw it.
    "read by the alias": MEMBERS,
    "list by the alias": MEMBERS,
    "fill": EDITORS,
    "upload": EDITORS,
    "upload by the alias": EDITORS,
    "import": EDITORS,
    "reorder": EDITORS,
    "cover": EDITORS,
    "take out a colleague's picture": EDITORS,
    "take out a picture of one's own": ANYBODY,
    "rename": NOBODY,
    "show to others": NOBODY,
    "delete": OWNERS,
    "delete with pictures": NOBODY,
    "take out of the organization": OWNERS,
    "take over": OWNERS,
}
# The album's owner may more, while they may edit; they own it already.
MINE = THEIRS | {
    "rename": EDITORS,
    "show to others": EDITORS,
    "delete": EDITORS,
    "delete with pictures": EDITORS,
    "take out of the organization": EDITORS,
    "take over": EDITORS,
}
READING = ("read", "export", "download", "signed URL", "read by the alias", "list by the alias")
MINE_IN_PUBLIC = MINE | dict.fromkeys(READING, ANYBODY)
ALBUMS = {"theirs": THEIRS, "mine": MINE, "mine in public": MINE_IN_PUBLIC}


class Change(NamedTuple):
    """A role, what happens to it, and the role that is left."""

    before: str
    way: str
    after: str


def changes() -> list[Change]:
    """Return every pair of a role and a change of it."""
    found = [Change(NONE, "added", role) for role in sorted(MEMBERS)]
    for before in sorted(MEMBERS):
        found += [Change(before, "given another role", after) for after in sorted(MEMBERS - {before})]
        found += [Change(before, way, NONE) for way in ("removed", "left", "left by the profile")]
        found.append(Change(before, "deactivated", CLOSED))
    return [*found, Change(CLOSED, "activated", EDITOR)]


WAYS: dict[str, Callable[[Any, str], Any]] = {
    "added": lambda world, after: world.dana.post(world.members, {"user": world.subject.id, "role": after}),
    "given another role": lambda world, after: world.founder.patch(world.member, {"role": after}),
    "removed": lambda world, after: world.founder.delete(world.member),
    "left": lambda world, after: world.subject.delete(world.member),
    "left by the profile": lambda world, after: world.subject.patch("/api/profile/", {"organizations": []}),
    "deactivated": lambda world, after: world.dana.patch(world.account, {"is_active": False}),
    "activated": lambda world, after: world.dana.patch(world.account, {"is_active": True}),
}
