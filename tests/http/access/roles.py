"""Who asks, in sets that have names, and what they get."""

from collections.abc import Collection

Answers = dict[str, tuple[int, ...]]
DONE = (200, 201, 202, 204)
HEALTH = (200, 503)  # How the machine is.

NOT_SIGNED_IN = {"anonymous", "expired", "deactivated"}  # The second has a token of the owner's, past its time.
MEMBERS = {"viewer", "editor", "runner"}  # Of the organization; the runner owns it.
EDITORS = {"editor", "runner"}
OUTSIDERS = {"stranger", "former"}  # The latter was an editor.
OWN = {"owner", "administrator"}  # The owner of the object, and whoever may do everything.
SIGNED_IN = MEMBERS | OUTSIDERS | OWN
EVERYBODY = SIGNED_IN | NOT_SIGNED_IN
ROLES = sorted(EVERYBODY)


def let(roles: Collection[str], *, others: int = 404, unknown: int = 401, **but: int) -> Answers:
    """Return what each role gets: these are let in, others who are signed in get `others`, and who is not signed in
    gets `unknown`. `but` names the exceptions among roles."""
    refused = {role: unknown if role in NOT_SIGNED_IN else others for role in ROLES} | but
    return {role: DONE if role in roles and role not in but else (refused[role],) for role in ROLES}


def all_get(*statuses: int) -> Answers:
    """Return one answer for everybody."""
    return dict.fromkeys(ROLES, statuses)


def changed(answers: Answers, before: int, after: int) -> Answers:
    """Return the answers with one status in place of another."""
    return {role: (after,) if statuses == (before,) else statuses for role, statuses in answers.items()}


FOR_ANYBODY = let(EVERYBODY)
FOR_SIGNED_IN = let(SIGNED_IN)
FOR_PUBLIC = let(SIGNED_IN | {"anonymous"})
FOR_ADMINISTRATORS = let({"administrator"}, others=403)
FOR_ADMINISTRATORS_HIDDEN = let({"administrator"})
FOR_OWN = let(OWN)
FOR_OWNER_ALONE = let({"owner"})
FOR_NOBODY = let(())
