"""What is wrong with an installation, and how to mend it: one function for each question. Nothing here repeats a
secret: neither passwords in addresses nor what a driver says of them."""

import difflib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.client import RequestFactory
from django.utils import timezone

from albumen import imaging, rates
from albumen.operations import installation, readiness
from albumen.tasks.services.queue import look_at_queue

LOW_SPACE = 1_000_000_000
VERY_LOW_SPACE = 100_000_000
SKEW_SECONDS = 5.0
QUESTION_SECONDS = 30.0
# Read by others than the settings: tools, tests, and what starts the service.
_KNOWN_ELSEWHERE = frozenset({"ALBUMEN_TEST_DATABASE"})


@dataclass(frozen=True, slots=True)
class Finding:
    level: Literal["ok", "warning", "problem"]
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warning(text: str, remedy: str) -> Finding:
    return Finding("warning", text, remedy)


def problem(text: str, remedy: str) -> Finding:
    return Finding("problem", text, remedy)


def examine() -> Iterator[tuple[str, Finding]]:
    """Every question with its findings; one that fails or hangs is a problem of its own."""
    if reason := installation.what_is_missing():
        yield "installation", problem(reason.rstrip("."), installation.REMEDY)
    passed_over = _made_by_looking()
    pool = ThreadPoolExecutor(1)
    for name, ask in QUESTIONS.items():
        if name in passed_over:
            continue
        try:
            findings = pool.submit(_answered, ask).result(timeout=QUESTION_SECONDS)
        except TookTooLong:
            # The thread that hangs keeps its pool.
            pool = ThreadPoolExecutor(1)
            findings = [problem(f"no answer within {QUESTION_SECONDS:g} s", "See whether what it needs is reachable.")]
        except Exception as error:
            findings = [problem(f"failed with {type(error).__name__}", "See the other findings, and the log.")]
        yield from ((name, finding) for finding in findings)


def _made_by_looking() -> set[str]:
    """Return the questions that would make what they ask about, because it is not there."""
    if not settings.DATA_DIR.exists():
        return {"data folder", "storage"} | ({"database", "workers"} if connection.vendor == "sqlite" else set())
    return {"database", "workers"} if installation.lacks_file() else set()


def _answered(ask: Any) -> list[Finding]:
    try:
        return list(ask())
    finally:
        connection.close()


def _environment() -> Iterator[Finding]:
    known = settings.ENVIRONMENT_NAMES | _KNOWN_ELSEWHERE
    unknown = sorted(name for name in os.environ if name.startswith("ALBUMEN_") and name not in known)
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if near:
            yield problem(f"{name} means nothing", f"It looks like {near[0]}: rename it.")
        else:
            yield warning(f"{name} means nothing", "Unset it; .env.example has every setting.")
    if not unknown:
        yield ok("every ALBUMEN_ variable is a setting")


def _settings() -> Iterator[Finding]:
    public = settings.HOST not in ("127.0.0.1", "::1", "localhost")
    if not settings.PRODUCTION:
        text = "ALBUMEN_ENV is development"
        if public:
            yield problem(f"{text}, and HOST is open to others", "Set ALBUMEN_ENV=production, or HOST=127.0.0.1.")
        else:
            yield ok(f"{text}, on {settings.HOST} alone")
    if settings.DEBUG:
        found = problem if public or settings.PRODUCTION else warning
        yield found("ALBUMEN_DEBUG is on: its pages show the server's memory", "Unset ALBUMEN_DEBUG.")
    if len(settings.SECRET_KEY) < 32 or len(set(settings.SECRET_KEY)) < 8:
        yield problem("the secret key can be guessed", "Set ALBUMEN_SECRET_KEY to at least 32 random characters.")
    else:
        yield ok("the secret key is long and mixed")
    key = settings.DATA_DIR / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        yield problem("others on this machine can read the secret key", "chmod 600 the file secret_key in the data.")
    if any(host.strip() in ("*", "") for host in settings.ALLOWED_HOSTS) or not settings.ALLOWED_HOSTS:
        yield problem("ALBUMEN_ALLOWED_HOSTS lets any host in", "Name the hosts that are served.")
    off = [name for name in ("login", "register", "reset") if settings.RATES[name].strip() == "0"]
    for name in off:
        variable = f"ALBUMEN_RATE_{name.upper()}"
        yield warning(f"{variable} is 0: nothing slows guessing down", f"Unset {variable}; its default is sensible.")


def _addresses() -> Iterator[Finding]:
    public = urlsplit(settings.PUBLIC_URL)
    if settings.PRODUCTION and public.scheme != "https":
        yield problem(
            "ALBUMEN_PUBLIC_URL is no https address: cookies are sent over HTTPS alone, and mails link there",
            "Set it to the address that people open, like https://pictures.example.com.",
        )
    host = public.hostname or ""
    allowed = [pattern.strip("[]").lower() for pattern in settings.ALLOWED_HOSTS]
    if not any(host == one or (one.startswith(".") and f".{host}".endswith(one)) for one in allowed):
        yield problem(
            f"ALBUMEN_PUBLIC_URL leads to {host or 'nowhere'}, which ALBUMEN_ALLOWED_HOSTS refuses",
            "Add the host there, or correct the address.",
        )
    else:
        yield ok(f"mails link to {public.scheme}://{host}")
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.7")
    believed = str(rates.remote_address(request)) == "198.51.100.7"
    if settings.PRODUCTION and not believed and settings.HOST in ("127.0.0.1", "::1", "localhost"):
        yield problem(
            "only this machine reaches the server, so a proxy stands before it, and ALBUMEN_TRUSTED_PROXIES is 0: "
            "every client looks like the proxy, and one of them can use up the attempts of all",
            "Set ALBUMEN_TRUSTED_PROXIES to the number of proxies, which must set X-Forwarded-For and -Proto.",
        )
    elif believed and settings.HOST not in ("127.0.0.1", "::1", "localhost"):
        yield warning(
            f"{settings.TRUSTED_PROXIES} proxies are believed, and HOST is open: who goes past them invents addresses",
            "Let only the proxies reach the port: HOST=127.0.0.1, or a firewall.",
        )
    else:
        yield ok(f"{settings.TRUSTED_PROXIES} trusted proxies")


def _data_folder() -> Iterator[Finding]:
    folder = settings.DATA_DIR
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"probe")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield problem(f"{folder} cannot be written: {error.strerror}", "Give it to the user that runs the service.")
        return
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free in {folder}"
    if free < VERY_LOW_SPACE:
        yield problem(text, "Make room now: uploads are about to be refused.")
    elif free < LOW_SPACE:
        yield warning(text, "Make room, or move the data to a larger disk.")
    else:
        yield ok(text)
    if folder.stat().st_mode & 0o007:
        yield warning(f"others on this machine may enter {folder}", "chmod 700 it.")


def _database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:
        yield problem(f"does not answer ({type(error).__name__})", "Check DATABASE_URL, and that the server runs.")
        return
    version = ".".join(str(part) for part in connection.get_database_version())
    try:
        connection.check_database_version_supported()
    except Exception:
        yield problem(f"{connection.display_name} {version} is too old", "Upgrade it; Django's documents say to what.")
    else:
        yield ok(f"{connection.display_name} {version}")
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield problem(f"lacks {names}{more}", "Run `manage.py migrate`.")
    elif any(app in executor.loader.migrated_apps for app, _ in unknown):
        yield warning("was changed by a newer version of the service", "Run that version, or put a backup back.")
    else:
        yield ok("every migration is applied")


def _clock() -> Iterator[Finding]:
    if connection.vendor != "postgresql":
        yield ok(f"the database has this machine's clock: {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        return
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        skew = float(cursor.fetchone()[0]) - (before + time.time()) / 2
    if abs(skew) > SKEW_SECONDS:
        yield problem(
            f"the database's clock is off by {skew:+.1f} s", "Run NTP on both machines: tokens and tasks end."
        )
    else:
        yield ok(f"the database's clock is off by {skew:+.1f} s")


def _storage() -> Iterator[Finding]:
    try:
        readiness.check_storage()
    except Exception as error:
        yield problem(f"does not keep a file ({type(error).__name__})", "Check ALBUMEN_STORAGE_URL, rights and space.")
    else:
        yield ok("a file was written, read and deleted")


def _redis() -> Iterator[Finding]:
    yield _answering(settings.REDIS_URL, "REDIS_URL", "attempts are counted in each process for itself")


def _broker() -> Iterator[Finding]:
    yield _answering(settings.BROKER_URL, "ALBUMEN_BROKER_URL", "the database carries tasks to the workers")


def _answering(url: str, variable: str, without: str) -> Finding:
    if not url:
        return ok(f"not configured: {without}")
    try:
        readiness.check_address(url)
    except Exception as error:
        return problem(f"does not answer ({type(error).__name__})", f"Check {variable}, and that the server runs.")
    return ok("answers")


def _workers() -> Iterator[Finding]:
    queue = look_at_queue(now=timezone.now())
    if queue.workers:
        yield ok(f"{queue.workers} alive, {queue.running} tasks running, {queue.waiting} waiting")
    elif settings.WORKERS:
        yield warning("none is alive", "Start the server: it starts its workers. If it runs, read its log.")
    else:
        yield problem("none is alive, and ALBUMEN_WORKERS is 0", "Run `manage.py worker`, or unset ALBUMEN_WORKERS.")
    if queue.oldest.total_seconds() > readiness.QUEUE_SECONDS:
        yield warning(f"a task has waited for {queue.oldest}", "Run more workers, or see in the log what they do.")


def _email() -> Iterator[Finding]:
    if "console" in settings.EMAIL_BACKEND:
        found = problem if settings.PRODUCTION else warning
        yield found(
            "mails are printed, and with them the links that set passwords",
            "Set ALBUMEN_EMAIL_URL, like smtp+tls://user:password@mail.example.com:587.",
        )
        return
    try:
        mail = get_connection(timeout=5)
        mail.open()
        mail.close()
    except Exception as error:
        yield problem(f"the mail server does not let us in ({type(error).__name__})", "Check ALBUMEN_EMAIL_URL.")
    else:
        yield ok("the mail server lets us in")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        yield warning("mails come from albumen@localhost, which others refuse", "Set ALBUMEN_EMAIL_FROM.")


def _decoders() -> Iterator[Finding]:
    began = time.monotonic()
    try:
        imaging.check()
    except Exception as error:
        yield problem(
            f"a known picture was not decoded ({type(error).__name__})",
            "Raise ALBUMEN_DECODER_MEMORY_MB, and see whether the machine lets processes start.",
        )
    else:
        yield ok(f"a known picture was decoded in {time.monotonic() - began:.1f} s")
    finally:
        imaging.shutdown()


def _limits() -> Iterator[Finding]:
    memory = settings.DECODERS * settings.DECODER_MEMORY_MB * 1_048_576
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory > 2 * there:
        yield warning(
            f"{settings.DECODERS} decoders may take {memory / 1e9:.0f} GB, of {there / 1e9:.0f} GB that there are",
            "Lower ALBUMEN_DECODERS or ALBUMEN_DECODER_MEMORY_MB.",
        )
    needed = 60 + 6.5 * settings.MAX_MEGAPIXELS
    if needed > settings.DECODER_MEMORY_MB:
        yield warning(
            f"a progressive JPEG of {settings.MAX_MEGAPIXELS:g} megapixels takes {needed:.0f} MiB, and is refused",
            "Raise ALBUMEN_DECODER_MEMORY_MB, or lower ALBUMEN_MAX_MEGAPIXELS.",
        )
    if settings.DECODER_SECONDS > 60:
        yield warning(
            f"ALBUMEN_DECODER_SECONDS is {settings.DECODER_SECONDS:g}: proxies often give up after 60 s",
            "Lower it, or raise the proxy's limit above it.",
        )
    if settings.ACCESS_TOKEN_LIFETIME > settings.REFRESH_TOKEN_LIFETIME:
        yield problem("access tokens outlive refresh tokens", "Lower ALBUMEN_ACCESS_TOKEN_DAYS.")
    if settings.THREADS < 4:
        yield warning(
            f"ALBUMEN_THREADS is {settings.THREADS}: a few requests that take long hold up everybody", "Raise it."
        )
    yield ok(f"{settings.THREADS} threads, {settings.DECODERS} decoders, {settings.DECODER_SECONDS:g} s for a picture")


QUESTIONS = {
    "environment": _environment,
    "settings": _settings,
    "addresses": _addresses,
    "data folder": _data_folder,
    "database": _database,
    "clock": _clock,
    "storage": _storage,
    "redis": _redis,
    "broker": _broker,
    "workers": _workers,
    "e-mail": _email,
    "decoders": _decoders,
    "limits": _limits,
}
