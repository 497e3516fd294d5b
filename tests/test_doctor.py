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


def test_it_names_what_an_operator_hardly_means(tmp_path):
    (tmp_path / "albumen.sqlite3").touch()
    _, text = doctor(
        tmp_path,
        **PRODUCTION | {"ALBUMEN_ALLOWED_HOSTS": "*.example.com,.co.uk,pictures.example.com"},
        HOST="0.0.0.0",  # noqa: S104
        ALBUMEN_RATE_API="0",
        ALBUMEN_RATE_LOGIN="1000/second",
        ALBUMEN_METRICS_ALLOW="0.0.0.0/0,10.0.0.0/8",
        ALBUMEN_CORS_ORIGINS="http://app.example.com,http://localhost:3000,https://app.example.com",
        ALBUMEN_REMOTE_ALLOW="169.254.169.254:80,[fe80::1]:80,metadata.google.internal:80,images.internal:80",
        ALBUMEN_ACCESS_TOKEN_DAYS="1000",
        ALBUMEN_REFRESH_TOKEN_DAYS="2000",
        ALBUMEN_SIGNED_URL_SECONDS="1",
    )
    for part in (
        "problem  addresses: ALBUMEN_ALLOWED_HOSTS has *.example.com",
        "warning  addresses: ALBUMEN_ALLOWED_HOSTS has .co.uk",
        "warning  addresses: 0.0.0.0 is open to others without a proxy",
        "warning  settings: ALBUMEN_RATE_API is 0",
        "warning  settings: ALBUMEN_RATE_LOGIN is 1000/second",
        "warning  settings: ALBUMEN_METRICS_ALLOW has 0.0.0.0/0",
        "warning  addresses: ALBUMEN_CORS_ORIGINS has http://app.example.com",
        "problem  addresses: ALBUMEN_REMOTE_ALLOW has 169.254.169.254:80",
        "problem  addresses: ALBUMEN_REMOTE_ALLOW has [fe80::1]:80",
        "problem  addresses: ALBUMEN_REMOTE_ALLOW has metadata.google.internal:80",
        "warning  limits: ALBUMEN_ACCESS_TOKEN_DAYS is 1000, which is very much",
        "warning  limits: ALBUMEN_SIGNED_URL_SECONDS is 1, which is very little",
    ):
        assert part in text, text
    for part in ("localhost:3000", "10.0.0.0/8", "images.internal", "pictures.example.com:", "https://app"):
        assert part not in text, text


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
