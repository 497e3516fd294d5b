"""The table: every route by the name that it has in `urls.py`, its methods, and what each role gets.

A method whose answer depends on what it is about has a dict of cases: the name of an object (see `World`), a query
string, or whatever `BODIES` knows to tell apart. HEAD is asked along with every GET."""

from tests.http.access.roles import (
    EDITORS,
    FOR_ADMINISTRATORS,
    FOR_ADMINISTRATORS_HIDDEN,
    FOR_ANYBODY,
    FOR_NOBODY,
    FOR_OWN,
    FOR_OWNER_ALONE,
    FOR_PUBLIC,
    FOR_SIGNED_IN,
    HEALTH,
    MEMBERS,
    OWN,
    SIGNED_IN,
    Answers,
    all_get,
    changed,
    let,
)

Cases = dict[str, Answers]
Methods = dict[str, Answers | Cases]
Table = dict[str, Methods]

# Pictures in no album, and albums with a picture in each; an album that is withheld is private, although it names the
# organization.
UNSHARED = dict.fromkeys(("alone", "private", "withheld"), FOR_OWN)
SEE: Cases = UNSHARED | {"shared": let(OWN | MEMBERS), "public": FOR_PUBLIC}
CHANGE: Cases = UNSHARED | {
    "shared": let(OWN, viewer=403, editor=403, runner=403),
    "public": let(OWN, others=403),
}
FILL: Cases = CHANGE | {"shared": let(OWN | EDITORS, viewer=403)}
# In a body, an album that is hidden is bad input.
NAME: Cases = {case: changed(answers, 404, 400) for case, answers in FILL.items()}
TRASHED = {"trash": FOR_NOBODY}


def of_album(cases: Cases) -> Cases:
    return {case: cases[case] for case in ("private", "withheld", "shared", "public")}


ACCOUNTS: Table = {
    "register": {"POST": FOR_ANYBODY},
    "login": {"POST": FOR_ANYBODY},
    "login-code": {"POST": FOR_ANYBODY},
    "refresh": {"POST": FOR_ANYBODY},
    "logout": {"POST": FOR_ANYBODY},
    "logout-all": {"POST": FOR_SIGNED_IN},
    "sessions": {"GET": FOR_SIGNED_IN},
    "session-end": {"POST": all_get(400)},  # Without the mail.
    "session": {"DELETE": FOR_OWNER_ALONE},
    "profile-password": {"POST": FOR_SIGNED_IN},
    "password-reset": {"POST": FOR_ANYBODY},
    "password-reset-confirm": {"POST": all_get(400)},  # Without the mail.
    "email-verify": {"POST": all_get(400)},  # Without the mail.
    "email-change-stop": {"POST": all_get(400)},  # Without the mail.
    "email-verify-send": {"POST": FOR_SIGNED_IN},
    "users": {"GET": FOR_SIGNED_IN},
    "user": {
        "GET": {"open": FOR_SIGNED_IN, "closed": FOR_ADMINISTRATORS_HIDDEN},
        "PATCH": {"open": FOR_ADMINISTRATORS, "closed": FOR_ADMINISTRATORS_HIDDEN},
    },
    "user-avatar": {"GET": {"open": FOR_SIGNED_IN, "closed": FOR_ADMINISTRATORS_HIDDEN}},
    "signed-avatar": {"GET": all_get(403)},  # Its URL is signed, and this one is not.
    # Last, because files that these remove do not come back with their rows.
    "profile-avatar": dict.fromkeys(("GET", "PUT", "DELETE"), FOR_SIGNED_IN),
    "profile": dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), FOR_SIGNED_IN),
}
PLANS: Table = {
    "plans": {"GET": FOR_SIGNED_IN, "POST": FOR_ADMINISTRATORS},
    "plan": {"GET": FOR_SIGNED_IN, "PATCH": FOR_ADMINISTRATORS, "DELETE": FOR_ADMINISTRATORS},
}
TAKE_OUT: Cases = of_album(FILL) | {"trash": let((), viewer=403)}
LIBRARY: Table = {
    "albums": {"GET": FOR_SIGNED_IN, "POST": FOR_SIGNED_IN},
    # What people may do once their role has changed: `changes.py`.
    "album": {
        "GET": of_album(SEE),
        "PATCH": of_album(CHANGE),
        "DELETE": of_album(CHANGE) | {"shared": let(OWN | {"runner"}, viewer=403, editor=403)},
    },
    "album-pictures": {"GET": of_album(SEE), "POST": of_album(FILL)},
    "album-picture": {"PATCH": TAKE_OUT, "DELETE": TAKE_OUT},
    "pictures": {
        "GET": {"?": FOR_SIGNED_IN, "?scope=all": FOR_ADMINISTRATORS},
        "POST": {"alone": FOR_SIGNED_IN, **of_album(NAME)},
        "DELETE": FOR_ADMINISTRATORS,
    },
    # What becomes of each picture: `test_bulk.py`.
    "bulk": {"POST": {"alone": FOR_SIGNED_IN, **of_album(NAME)}},
    "picture": {"GET": SEE | TRASHED, "PATCH": CHANGE | TRASHED, "DELETE": CHANGE | TRASHED},
    "picture-links": {"GET": CHANGE | TRASHED, "POST": CHANGE | TRASHED},
    "picture-restore": {"POST": dict.fromkeys(SEE, FOR_NOBODY) | {"trash": FOR_OWN}},
    "trash": {"GET": FOR_SIGNED_IN},
    "trashed": {"DELETE": dict.fromkeys(SEE, FOR_NOBODY) | {"trash": FOR_OWN}},
    "restore-all": {"POST": {"own": FOR_SIGNED_IN, "all": FOR_ADMINISTRATORS}},
    "links": {"GET": FOR_SIGNED_IN},
    "link": dict.fromkeys(("GET", "DELETE"), dict.fromkeys((*SEE, "trash"), FOR_OWN)),
    # Each role has a URL that was signed for it; that of `expired` is past its time.
    "signed-file": {
        "GET": {case: changed(answers, 401, 404) | {"expired": (403,)} for case, answers in (SEE | TRASHED).items()},
    },
    "link-target": dict.fromkeys(("GET", "POST"), dict.fromkeys(SEE, FOR_ANYBODY) | {"trash": all_get(410)}),
}
FOR_WHO_HOLDS_A_TOKEN = let(SIGNED_IN | {"anonymous"})
RUN = let(OWN | {"runner"}, others=403)  # The owner of the objects runs the organization, too.
ORGANIZATIONS: Table = {
    "organizations": {"GET": FOR_SIGNED_IN, "POST": FOR_SIGNED_IN},
    "organization": {"GET": FOR_SIGNED_IN, "PATCH": RUN, "DELETE": RUN | dict.fromkeys((*OWN, "runner"), (409,))},
    "members": {"GET": FOR_SIGNED_IN, "POST": RUN},
    "organization-invitations": {"GET": RUN, "POST": RUN},
    "organization-invitation": {"DELETE": RUN},
    # To the stranger.
    "invitations": {"GET": FOR_SIGNED_IN},
    "invitation-accept": {"POST": let({"stranger"})},
    "invitation-decline": {"POST": let({"stranger"})},
    # By the token of the mail to the stranger.
    "mailed-invitation": {"POST": FOR_WHO_HOLDS_A_TOKEN},
    "mailed-invitation-accept": {"POST": FOR_WHO_HOLDS_A_TOKEN | let({"stranger"}, others=403, expired=401)},
    "mailed-invitation-decline": {"POST": FOR_WHO_HOLDS_A_TOKEN},
    "member": {"PATCH": RUN, "DELETE": RUN},
    # It is closed; members stay what they are.
    "join": {"POST": let(MEMBERS | {"owner"}, others=403)},
    "organization-users": {"GET": FOR_SIGNED_IN},
}
ALIASES: Table = {
    "alias-register": {"POST": FOR_ANYBODY},
    "alias-login": {"POST": FOR_ANYBODY},
    "alias-logout": {"POST": FOR_SIGNED_IN},
    "alias-change-password": {"POST": FOR_SIGNED_IN},
    "alias-profile": dict.fromkeys(("GET", "PUT", "PATCH"), FOR_SIGNED_IN),
    "alias-users": ACCOUNTS["users"],
    "alias-me": {"GET": FOR_SIGNED_IN},
    "alias-user": ACCOUNTS["user"],
    "alias-user-images": {"GET": FOR_SIGNED_IN, "POST": let(OWN, others=403)},
    "alias-user-image": LIBRARY["picture"],
    "alias-images": {"GET": FOR_ADMINISTRATORS, "DELETE": FOR_ADMINISTRATORS},
    "alias-images-upload": {"POST": FOR_SIGNED_IN},
}
PERIODIC = {"periodic": FOR_ADMINISTRATORS_HIDDEN}
TASKS: Table = {
    "tasks": {"GET": FOR_SIGNED_IN},
    "task": {"GET": {"queued": FOR_OWN, **PERIODIC}},
    "task-cancel": {"POST": {"queued": FOR_OWN, "ended": let((), owner=409, administrator=409), **PERIODIC}},
    "task-retry": {
        "POST": {
            "queued": let((), owner=409, administrator=409),
            "ended": FOR_OWN,
            "periodic": let((), administrator=409),
        }
    },
    "import": {"POST": {"alone": FOR_SIGNED_IN, **of_album(NAME)}},
    "import-archive": {"POST": FOR_SIGNED_IN},
    "album-export": {"POST": of_album(SEE) | {"public": FOR_SIGNED_IN}},
    "profile-export": {"POST": FOR_SIGNED_IN},
    "export-file": {"GET": all_get(404)},  # Its URL is signed, and this one is not.
}
PROBES: Table = {
    "healthz": {"GET": FOR_ANYBODY},
    "readyz": {"GET": all_get(*HEALTH)},
    "metrics": {"GET": FOR_ANYBODY},  # Whoever asks from an allowed address.
}
OTHERS: Table = {
    "events": {"GET": FOR_SIGNED_IN},
    "index": {"GET": FOR_PUBLIC},
    "schema": {"GET": FOR_ANYBODY},
    **PROBES,
}
MATRIX: Table = {**ACCOUNTS, **PLANS, **ORGANIZATIONS, **LIBRARY, **ALIASES, **TASKS, **OTHERS}
