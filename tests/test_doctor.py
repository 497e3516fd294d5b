"""`manage.py doctor`: what is wrong, how to mend it, and never a secret."""

import pytest

from tests.commands import PRODUCTION, manage
from tests.server import free_port, until_ready


def doctor(data_dir, **env):
    """Run `manage.py doctor`. Return its exit status, and what it printed."""
    return manage(data_dir, "doctor", "--no-color", **env)


def test_a_running_installation_is_in_order(own_server):
    own_server.start(ALBUMEN_EMAIL_URL="dummymail://", ALBUMEN_WORKERS="1")
    until_ready(own_server)
    database = {"DATABASE_URL": own_server.env["DATABASE_URL"]}
    status, text = doctor(own_server.data_dir, ALBUMEN_EMAIL_URL="dummymail://", **database)
    assert status == 0, text
    assert "problem" not in text
    for name in ("environment", "data folder", "database", "storage", "workers", "decoders", "limits"):
        assert f"ok       {name}: " in text, text


def test_it_names_what_is_wrong_and_how_to_mend_it(tmp_path):
    port = free_port()
    (tmp_path / "albumen.sqlite3").touch()
    status, text = doctor(
        tmp_path,
        **PRODUCTION,
        ALBUMEN_RATE_LOGN="5/min",
        ALBUMEN_RATE_RESET="0",
        REDIS_URL=f"redis://:TheSecret@127.0.0.1:{port}/0",
        ALBUMEN_EMAIL_URL=f"smtp+tls://me:TheSecret@127.0.0.1:{port}",
    )
    assert status == 1
    for part in (
        "problem  environment: ALBUMEN_RATE_LOGN means nothing\n         > It looks like ALBUMEN_RATE_LOGIN",
        "warning  settings: ALBUMEN_RATE_RESET is 0",
        "problem  addresses: ALBUMEN_PUBLIC_URL is no https address",
        "ALBUMEN_TRUSTED_PROXIES is 0",
        "problem  installation: The database ",
        "problem  database: lacks ",
        "> Run `manage.py migrate`.",
        "problem  redis: does not answer",
        "problem  e-mail: the mail server does not let us in",
        "ok       decoders: ",
    ):
        assert part in text, text
    assert "TheSecret" not in text
    assert PRODUCTION["ALBUMEN_SECRET_KEY"] not in text


@pytest.mark.parametrize("mode", ["open", "verified", "invited", "closed"])
def test_it_says_who_may_register_and_warns_where_nobody_can(tmp_path, mode):
    said = doctor(tmp_path, ALBUMEN_SIGNUP=mode)[1]
    assert f"ok       sign-up: ALBUMEN_SIGNUP is {mode}: " in said
    warned = "warning  sign-up: ALBUMEN_SIGNUP is verified, and no mail server is set" in said
    assert warned == (mode == "verified")


@pytest.mark.parametrize("change", [{"ALBUMEN_DEBUG": "true"}, {"ALBUMEN_SECRET_KEY": "TheSecret"}])
def test_settings_that_stop_the_service_are_named_without_a_trace(tmp_path, change):
    status, text = doctor(tmp_path, **{**PRODUCTION, **change})
    assert status == 1
    assert f"- {next(iter(change))}" in text
    assert "Traceback" not in text
    assert "TheSecret" not in text


def test_where_there_is_no_installation_it_says_so_and_makes_none(tmp_path):
    absent = tmp_path / "data"
    status, text = doctor(absent)
    assert status == 1
    assert (
        f"problem  installation: The data folder is {absent}, and there is no database in it\n         > Set" in text
    )
    assert not absent.exists()
    absent.mkdir()
    assert "problem  installation: " in doctor(absent)[1]
    assert [path.name for path in absent.iterdir() if path.suffix == ".sqlite3" or path.name == "secret_key"] == []
