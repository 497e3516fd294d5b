"""Settings: each one documented, unsafe ones refused, the secret key made once and kept private."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from albumen.operations import ranges
from albumen.web import bootstrap
from tests import settings_table
from tests.commands import PRODUCTION, manage, run_python
from tests.server import ROOT


def check(data_dir: Path, **env: str) -> tuple[int, str]:
    """Start the service as far as its settings and checks; return the exit status, and what it printed."""
    return manage(data_dir, "check", **env)


def show(data_dir: Path, *names: str, **env: str) -> str:
    """Return the values of these settings, as a process of their own has them."""
    code = f"from django.conf import settings; print([getattr(settings, name) for name in {names}])"
    done = run_python("-c", code, data_dir=data_dir, DJANGO_SETTINGS_MODULE="albumen.web.settings", **env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_setting_is_documented_and_nothing_else():
    source = (ROOT / "albumen/web/settings/__init__.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    documented = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert read == documented
    assert {"HOST", "PORT", "ALBUMEN_DATA_DIR", "ALBUMEN_RATE_LOGIN"} <= read


def test_the_table_in_the_operations_manual_is_that_of_the_example():
    assert "| `HOST`, `PORT` | `127.0.0.1`, `8000` |" in settings_table.PAGE.read_text()
    message = "write the table by `python -m tests.settings_table`"
    assert settings_table.PAGE.read_text() == settings_table.page_with_table(), message


def test_the_documented_values_are_the_defaults(tmp_path):
    example = dict(
        line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z_]+=", line)
    )
    example.pop("ALBUMEN_DATA_DIR")
    names = "RATES ALLOWED_HOSTS ACCESS_TOKEN_LIFETIME THREADS DECODERS SIGNED_URL_PERIOD PORT HOST DEBUG PUBLIC_URL"
    names += " DATABASES"
    assert show(tmp_path, *names.split()) == show(tmp_path, *names.split(), **example)


def test_production_starts_on_safe_settings(tmp_path):
    status, said = check(tmp_path, **PRODUCTION)
    assert status == 0, said


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        ({}, 0),
        ({"ALBUMEN_TRUSTED_PROXIES": "1"}, 0),
        (PRODUCTION, 0),
        (PRODUCTION | {"ALBUMEN_TRUSTED_PROXIES": "1"}, 31_536_000),
        (PRODUCTION | {"ALBUMEN_TRUSTED_PROXIES": "1", "ALBUMEN_HSTS_SECONDS": "0"}, 0),
    ],
)
def test_https_is_kept_to_in_production_behind_a_proxy(tmp_path, change, seconds):
    assert show(tmp_path, "SECURE_HSTS_SECONDS", **change) == f"[{seconds}]\n"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ALBUMEN_DEBUG": "true"}, "ALBUMEN_DEBUG"),
        ({"ALBUMEN_SECRET_KEY": ""}, "ALBUMEN_SECRET_KEY"),
        ({"ALBUMEN_SECRET_KEY": "short"}, "ALBUMEN_SECRET_KEY"),
        ({"ALBUMEN_SECRET_KEY": "a" * 50}, "ALBUMEN_SECRET_KEY"),
        ({"ALBUMEN_SECRET_KEY": "changeme-changeme-changeme-1234567890"}, "ALBUMEN_SECRET_KEY"),
        ({"ALBUMEN_SECRET_KEY": "0123456789abcdef" * 4}, "ALBUMEN_SECRET_KEY"),
        ({"ALBUMEN_ALLOWED_HOSTS": ".com"}, "ALBUMEN_ALLOWED_HOSTS"),
        ({"ALBUMEN_ALLOWED_HOSTS": "*"}, "ALBUMEN_ALLOWED_HOSTS"),
        ({"ALBUMEN_ALLOWED_HOSTS": ""}, "ALBUMEN_ALLOWED_HOSTS"),
        ({"ALBUMEN_ALLOWED_HOSTS": "a.example,*"}, "ALBUMEN_ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_an_unsafe_setting_and_names_it(tmp_path, change, named):
    status, said = check(tmp_path, **{**PRODUCTION, **change})
    assert status != 0
    assert named in said
    others = {"ALBUMEN_DEBUG", "ALBUMEN_SECRET_KEY", "ALBUMEN_ALLOWED_HOSTS"} - {named}
    assert not any(f"- {other}" in said for other in others)


def test_every_number_has_a_range():
    source = (ROOT / "albumen/web/settings/__init__.py").read_text()
    assert set(re.findall(r'env\.(?:int|float)\(\s*"([A-Z_]+)"', source)) == set(ranges.RANGES)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALBUMEN_TRUSTED_PROXIES", "-1", "ALBUMEN_TRUSTED_PROXIES is -1; it must be from 0 to 20."),
        ("ALBUMEN_TRUSTED_PROXIES", "one", "ALBUMEN_TRUSTED_PROXIES is 'one'; it must be a whole number."),
        ("PORT", "70000", "PORT is 70000; it must be from 1 to 65535."),
        ("ALBUMEN_ACCESS_TOKEN_DAYS", "nan", "ALBUMEN_ACCESS_TOKEN_DAYS is 'nan'; it must be a number."),
        ("ALBUMEN_ACCESS_TOKEN_DAYS", "0", "ALBUMEN_ACCESS_TOKEN_DAYS is 0; it must be from"),
        ("ALBUMEN_MAX_MEGAPIXELS", "inf", "ALBUMEN_MAX_MEGAPIXELS is 'inf'; it must be a number."),
        ("ALBUMEN_THREADS", "0", "ALBUMEN_THREADS is 0; it must be from"),
        ("ALBUMEN_DEBUG", "maybe", "ALBUMEN_DEBUG is 'maybe'; it must be true or false."),
    ],
)
def test_a_value_out_of_its_range_is_refused_in_a_sentence(tmp_path, name, value, said):
    status, text = check(tmp_path, **{name: value})
    assert status == 1
    assert f"problem  settings: {said}" in text
    assert "Traceback" not in text


def test_an_empty_number_is_the_default(tmp_path):
    assert show(tmp_path, "THREADS", "PORT", ALBUMEN_THREADS="", PORT="") == "[32, 8000]\n"


def test_production_makes_no_key_of_its_own(tmp_path):
    check(tmp_path, **{**PRODUCTION, "ALBUMEN_SECRET_KEY": ""})
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("ALBUMEN_ENV", "staging"), ("ALBUMEN_RATE_LOGIN", "many"), ("ALBUMEN_SIGNUP", "Open")]
)
def test_a_value_that_means_nothing_is_refused(tmp_path, name, value):
    status, said = check(tmp_path, **{name: value})
    assert status != 0
    assert value in said


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgres://ann:p%40ss@db:5433/pictures", ("db", 5433, "ann", "p@ss", {})),
        ("postgresql://ann@db/pictures?sslmode=require", ("db", "", "ann", "", {"sslmode": "require"})),
        ("postgres://ann@/pictures?host=/run/postgresql", ("/run/postgresql", "", "ann", "", {})),
        ("postgres://ann@%2Frun%2Fpostgresql/pictures", ("/run/postgresql", "", "ann", "", {})),
        ("postgres:///pictures", ("", "", "", "", {})),
    ],
)
def test_a_database_url_leads_to_postgresql_by_net_or_by_socket(tmp_path, url, parts):
    found = bootstrap.database(url, data_dir=tmp_path, threads=4)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert found["NAME"] == "pictures"
    pool = found["OPTIONS"].pop("pool")
    assert found["OPTIONS"].pop("prepare_threshold") > 0
    assert tuple(found[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS")) == parts
    assert pool["max_size"] > 4


def test_a_pooler_may_do_without_prepared_statements(tmp_path):
    found = bootstrap.database("postgres://ann@db/pictures", data_dir=tmp_path, threads=4, plans_kept=False)
    assert found["OPTIONS"]["prepare_threshold"] is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://ann:s3cr3t@db/pictures", "must be like postgres://"),
        ("sqlite:////tmp/pictures.sqlite3", "must be like postgres://"),
        ("postgis://ann:s3cr3t@db/pictures", "must be like postgres://"),
        ("/var/lib/pictures", "must be like postgres://"),
        ("postgres://ann:s3cr3t@db:5432", "names no database"),
        ("postgres://ann:s3cr3t@db:port/pictures", "cannot be read"),
        ("postgres://ann:s3cr3t/half@db/pictures", "cannot be read.*Percent-encode"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_telling_the_password(tmp_path, url, said):
    with pytest.raises(ImproperlyConfigured, match=f"DATABASE_URL.*{said}") as refused:
        bootstrap.database(url, data_dir=tmp_path, threads=4)
    assert "s3cr3t" not in str(refused.value)


def test_a_line_that_cannot_be_read_is_not_repeated(tmp_path, caplog):
    file = tmp_path / ".env"
    file.write_text("ALBUMEN_WORD = hidden\nPORT=8001\n")
    assert bootstrap.settings_in(file) == {"PORT": "8001"}
    assert "is not read" in caplog.text
    assert "hidden" not in caplog.text


def test_the_secret_key_is_made_once_and_is_private(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "albumen.sqlite3").touch()
    with ThreadPoolExecutor(6) as pool:
        shown = list(pool.map(lambda _: show(data, "SECRET_KEY"), range(6)))
    key = (data / "secret_key").read_text()
    assert shown == [f"{[key]}\n"] * 6
    assert len(key) >= 32
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    assert show(data, "SECRET_KEY") == shown[0]
    assert (data / "secret_key").read_text() == key
    assert [path.name for path in data.iterdir() if path.name.startswith(".secret")] == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://KEY:hidden/secret@host:9000/bucket",
        "s3://KEY:hidden@host:9000",
        "s3://KEY:hidden@host/bucket/folder",
        "s3://KEY:hidden@host/bucket?colour=red",
        "s3://KEY:hidden@host/bucket?scheme=ftp",
        "https://KEY:hidden@host/bucket",
        "s3://",
    ],
)
def test_a_url_of_a_store_that_cannot_be_used_is_refused_and_its_secret_not_shown(url):
    with pytest.raises(ImproperlyConfigured, match="ALBUMEN_STORAGE_URL") as refused:
        bootstrap.storage(url)
    assert "hidden" not in str(refused.value)


def test_the_service_does_not_start_on_the_url_of_a_store_that_cannot_be_used(tmp_path):
    status, said = check(tmp_path, ALBUMEN_STORAGE_URL="s3://KEY:hidden/secret@host:9000/bucket")
    assert status != 0
    assert "ALBUMEN_STORAGE_URL" in said
    assert "hidden" not in said
