"""System checks of an installation: what is wrong with it, and how to mend it.

`manage.py doctor` runs them in the order of `TAGS`; `manage.py check --deploy` runs them too. No message repeats a
secret: neither a password in a URL nor a driver's own words.
"""

import difflib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register  # noqa: A004 - Django's own name
from django.core.mail import get_connection
from django.db import connection
from django.http.request import HttpRequest, validate_host
from django.utils import timezone

from albumen import imaging, rates
from albumen.operations import installation, ranges, readiness
from albumen.operations.careless import LOOPBACK, careless_hosts, careless_metrics, careless_rates
from albumen.tasks.services.queue import read_queue_state

LOW_SPACE = 1_000_000_000
VERY_LOW_SPACE = 100_000_000
SKEW_SECONDS = 5.0
# Variables that something other than the settings reads.
OTHER_VARIABLES = frozenset({"ALBUMEN_TEST_DATABASE"})
TAGS: list[str] = []

Check = Callable[[], Iterator[CheckMessage]]


def check(tag: str, *, unless: Callable[[], bool] = lambda: False) -> Callable[[Check], Check]:
    """Register a generator of messages as a deployment check with this tag. A check that raises is an error itself.
    `unless` returns true where the check would create what it looks for."""

    def registered(messages: Check) -> Check:
        @register(tag, deploy=True)
        def run(**kwargs: Any) -> list[CheckMessage]:
            try:
                return [] if unless() else list(messages())
            except readiness.Down as error:
                return [Error(str(error), HINTS.get(tag))]
            except Exception as error:
                return [Error(f"does not answer ({type(error).__name__})", HINTS.get(tag, "See the log."))]

        return messages

    TAGS.append(tag)
    return registered


# What to do when a check fails without a message of its own.
HINTS = {
    "database": "Check DATABASE_URL, and that the server runs.",
    "storage": "Check ALBUMEN_STORAGE_URL, and who may write to the data folder.",
    "redis": "Check REDIS_URL, and that the server runs.",
    "broker": "Check ALBUMEN_BROKER_URL, and that the server runs.",
    "decoders": "Raise ALBUMEN_DECODER_MEMORY_MB, and see whether the machine lets processes start.",
}


def _no_data_folder() -> bool:
    return not settings.DATA_DIR.exists()


@check("installation")
def check_installation() -> Iterator[CheckMessage]:
    if reason := installation.what_is_missing():
        yield Error(reason.rstrip("."), installation.REMEDY)


@check("environment")
def check_environment() -> Iterator[CheckMessage]:
    known = settings.ENVIRONMENT_NAMES | OTHER_VARIABLES
    unknown = sorted(name for name in os.environ if name.startswith("ALBUMEN_") and name not in known)
    for name in unknown:
        if near := difflib.get_close_matches(name, known, n=1, cutoff=0.8):
            yield Error(f"{name} means nothing", f"It looks like {near[0]}: rename it.")
        else:
            yield Warning(f"{name} means nothing", "Unset it; .env.example has every setting.")
    if not unknown:
        yield Info("every ALBUMEN_ variable is a setting")


@check("settings")
def check_settings() -> Iterator[CheckMessage]:
    public = settings.HOST not in LOOPBACK
    if public and not settings.PRODUCTION:
        hint = "Set ALBUMEN_ENV=production, or HOST=127.0.0.1."
        yield Error(f"ALBUMEN_ENV is development, and {settings.HOST} is open to others", hint)
    # Production does not start with one of these.
    for fault, hint in settings.UNSAFE_SETTINGS:
        yield (Warning if fault.startswith("ALBUMEN_DEBUG") and not public else Error)(fault, hint)
    key = settings.DATA_DIR / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        yield Error("others on this machine can read the secret key", f"chmod 600 {key}")
    yield from careless_rates()
    yield from careless_metrics()
    yield Info(f"ALBUMEN_ENV is {settings.ENVIRONMENT}, on {settings.HOST}")


SIGNUP = {
    "open": "anybody registers, and uses the account at once",
    "verified": "anybody registers, and has an account once a mail's link was opened",
    "invited": "who was invited registers",
    "closed": "administrators alone add users",
}


@check("sign-up")
def check_signup() -> Iterator[CheckMessage]:
    if settings.SIGNUP == "verified" and "console" in settings.EMAIL_BACKEND:
        hint = "Set ALBUMEN_EMAIL_URL, like smtp+tls://user:password@mail.example.com:587."
        yield Warning("ALBUMEN_SIGNUP is verified, and no mail server is set: nobody gets the mail", hint)
    yield Info(f"ALBUMEN_SIGNUP is {settings.SIGNUP}: {SIGNUP[settings.SIGNUP]}")


@check("addresses")
def check_addresses() -> Iterator[CheckMessage]:
    public = urlsplit(settings.PUBLIC_URL)
    if settings.PRODUCTION and public.scheme != "https":
        yield Error(
            "ALBUMEN_PUBLIC_URL is no https address: cookies are sent over HTTPS only, and e-mails link there",
            "Set it to the address that people open, like https://pictures.example.com.",
        )
    host = f"[{public.hostname}]" if ":" in (public.hostname or "") else public.hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Error(
            f"ALBUMEN_PUBLIC_URL leads to {host or 'nowhere'}, which ALBUMEN_ALLOWED_HOSTS refuses",
            "Add the host there, or correct the address.",
        )
    yield from careless_hosts()
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    believed = str(rates.remote_address(request)) == "198.51.100.7"
    if settings.PRODUCTION and not believed and settings.HOST in LOOPBACK:
        yield Error(
            "only this machine reaches the server, so it is behind a proxy, and ALBUMEN_TRUSTED_PROXIES is 0: "
            "every client looks like the proxy, and one of them can use up the attempts of all",
            "Set ALBUMEN_TRUSTED_PROXIES to the number of proxies, which must set X-Forwarded-For and -Proto.",
        )
    if settings.PRODUCTION and not believed and settings.HOST not in LOOPBACK:
        yield Warning(
            f"{settings.HOST} is open to others without a proxy: nothing encrypts what they send, and session "
            "cookies need HTTPS",
            "Put a proxy with TLS in front (deploy/nginx.conf), with HOST=127.0.0.1 and ALBUMEN_TRUSTED_PROXIES=1.",
        )
    if believed and settings.HOST not in LOOPBACK:
        yield Warning(
            f"{settings.TRUSTED_PROXIES} proxies are trusted, and {settings.HOST} is open: a client that goes past "
            "them can invent its address",
            "Let only the proxies reach the port: HOST=127.0.0.1, or a firewall.",
        )
    yield Info(f"e-mails link to {public.scheme}://{host}; {settings.TRUSTED_PROXIES} trusted proxies")


@check("data folder", unless=_no_data_folder)
def check_data_folder() -> Iterator[CheckMessage]:
    folder = settings.DATA_DIR
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free in {folder}"
    if free < VERY_LOW_SPACE:
        yield Error(text, "Make room now: uploads are about to be refused.")
    elif free < LOW_SPACE:
        yield Warning(text, "Make room, or move the data to a larger disk.")
    else:
        yield Info(text)
    if folder.stat().st_mode & 0o007:
        yield Warning(f"others on this machine may enter {folder}", "chmod 700 it.")


@check("database", unless=installation.lacks_file)
def check_database() -> Iterator[CheckMessage]:
    from django.db.migrations.executor import MigrationExecutor

    readiness.check_database()
    version = ".".join(str(part) for part in connection.get_database_version())
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield Error(f"lacks {names}{more}", "Run `manage.py migrate`.")
    elif any(app in executor.loader.migrated_apps for app, _ in unknown):
        yield Warning("was changed by a newer version of the service", "Run that version, or restore a backup.")
    else:
        yield Info(f"{connection.display_name} {version}, every migration is applied")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            before = time.time()
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            skew = float(cursor.fetchone()[0]) - (before + time.time()) / 2
        if abs(skew) > SKEW_SECONDS:
            yield Error(f"its clock is off by {skew:+.1f} s", "Run NTP on both machines: tokens and leases expire.")


@check("storage", unless=_no_data_folder)
def check_storage() -> Iterator[CheckMessage]:
    readiness.check_storage()
    yield Info("a file was written, read and deleted")


@check("redis")
def check_redis() -> Iterator[CheckMessage]:
    yield _answers(settings.REDIS_URL, otherwise="each process counts attempts for itself")


@check("broker")
def check_broker() -> Iterator[CheckMessage]:
    yield _answers(settings.BROKER_URL, otherwise="workers find their tasks in the database")


def _answers(url: str, *, otherwise: str) -> CheckMessage:
    if not url:
        return Info(f"not configured: {otherwise}")
    readiness.check_address(url)
    return Info("answers")


@check("workers", unless=installation.lacks_file)
def check_workers() -> Iterator[CheckMessage]:
    queue = read_queue_state(now=timezone.now())
    if queue.workers:
        yield Info(f"{queue.workers} alive, {queue.running} tasks running, {queue.waiting} waiting")
    elif settings.WORKERS:
        yield Warning("none is alive", "Start the server: it starts its workers. If it runs, read its log.")
    else:
        yield Error("none is alive, and ALBUMEN_WORKERS is 0", "Run `manage.py worker`, or unset ALBUMEN_WORKERS.")
    if queue.longest_wait.total_seconds() > readiness.QUEUE_SECONDS:
        yield Warning(
            f"a task has waited for {queue.longest_wait}", "Run more workers, or see in the log what they do."
        )


@check("e-mail")
def check_email() -> Iterator[CheckMessage]:
    if "console" in settings.EMAIL_BACKEND:
        yield (Error if settings.PRODUCTION else Warning)(
            "e-mails are printed, and with them the links that set passwords",
            "Set ALBUMEN_EMAIL_URL, like smtp+tls://user:password@mail.example.com:587.",
        )
        return
    try:
        with get_connection(timeout=5):
            yield Info("the mail server lets us in")
    except Exception as error:
        yield Error(f"the mail server does not let us in ({type(error).__name__})", "Check ALBUMEN_EMAIL_URL.")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        yield Warning("e-mails come from albumen@localhost, which others refuse", "Set ALBUMEN_EMAIL_FROM.")


@check("decoders")
def check_decoders() -> Iterator[CheckMessage]:
    try:
        readiness.check_decoders()
    finally:
        imaging.shutdown()
    yield Info("a known picture was decoded")


@check("limits")
def check_limits() -> Iterator[CheckMessage]:
    allowed = settings.DECODERS * settings.DECODER_MEMORY_MB * 1_048_576
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    progressive_jpeg = 60 + 6.5 * settings.MAX_MEGAPIXELS
    if allowed > 2 * memory:
        yield Warning(
            f"{settings.DECODERS} decoders may take {allowed / 1e9:.0f} GB, and the machine has {memory / 1e9:.0f} GB",
            "Lower ALBUMEN_DECODERS or ALBUMEN_DECODER_MEMORY_MB.",
        )
    if progressive_jpeg > settings.DECODER_MEMORY_MB:
        yield Warning(
            f"a progressive JPEG of {settings.MAX_MEGAPIXELS:g} megapixels takes {progressive_jpeg:.0f} MiB, and is "
            "refused",
            "Raise ALBUMEN_DECODER_MEMORY_MB, or lower ALBUMEN_MAX_MEGAPIXELS.",
        )
    for name, value in settings.NUMBERS.items():
        if reason := ranges.unusual(name, value):
            yield Warning(reason, "See .env.example, which has the default.")
    if settings.ACCESS_TOKEN_LIFETIME > settings.REFRESH_TOKEN_LIFETIME:
        yield Error("access tokens outlive refresh tokens", "Lower ALBUMEN_ACCESS_TOKEN_DAYS.")
    yield Info(f"{settings.THREADS} threads, {settings.DECODERS} decoders of {settings.DECODER_MEMORY_MB} MiB")
