"""The OpenAPI description against the real service, fuzzed by Schemathesis: no 5xx, and no answer that it lacks.

`FUZZ_EXAMPLES` is how many examples each operation gets in the long form, which `make fuzz` runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests import pictures

# Left out: positive_data_acceptance, since a description cannot say what a valid cursor, password or picture is;
# negative_data_rejection, since REST framework reads the number 5 as the string "5", as it must in a form.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
)
# These end the login that the run itself lives on.
SUICIDAL = r"^/(api/logout/all|api/sessions/\{session_id\}|accounts/logout)/$"


EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
# In the short form each phase is for whom it reaches most, and a user keeps to the API proper.
PHASES = {"anonymous": "examples,fuzzing", "user": "coverage", "administrator": "coverage,stateful"}
PATHS = {"anonymous": "^/", "user": "^/api/", "administrator": "^/"}
ROLES = ["anonymous", "user", pytest.param("administrator", marks=pytest.mark.fault)]


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_described(own_server, role, tmp_path):
    own_server.start()
    headers = []
    if role != "anonymous":
        for number in range(3):
            own_server.register(f"other{number}").close()
        client = own_server.register(role)
        own_server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise')")
        if role == "administrator":
            own_server.sql("UPDATE accounts_user SET is_staff = TRUE WHERE email = ?", client.email)
        uploaded = client.post("/api/pictures/", files={"image": pictures.jpeg()}, data={"expiring_time_seconds": 300})
        assert uploaded.status_code == 201
        headers = ["--header", f"Authorization: {client.headers['Authorization']}"]
    done = subprocess.run(
        [
            shutil.which("st", path=str(Path(sys.executable).parent)),
            "run",
            f"{own_server.url}/api/schema/",
            *headers,
            *(
                "--checks",
                ",".join(CHECKS),
                "--max-examples",
                str(EXAMPLES or 3),
                "--seed",
                "7",
                "--phases",
                "examples,coverage,fuzzing,stateful" if EXAMPLES else PHASES[role],
                "--continue-on-failure",
            ),
            *("--exclude-path-regex", SUICIDAL, "--request-timeout", "60"),
            *("--include-path-regex", "^/" if EXAMPLES else PATHS[role]),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400 + 60 * EXAMPLES,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    if role != "anonymous":
        assert client.get("/api/profile/").status_code == 200, "The run ended its own login."


@pytest.mark.parametrize("address", ["/api/schema/", "/docs/", "/redoc/"])
def test_the_description_is_served_without_anything_from_elsewhere(shared_server, address):
    answer = httpx.get(shared_server.url + address)
    assert answer.status_code == 200
    for prefix in ("src=", "href="):
        assert f'{prefix}"http' not in answer.text
        assert f'{prefix}"//' not in answer.text
