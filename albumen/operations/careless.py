"""What `doctor` says of settings that work, but that an operator will hardly have meant."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own name

from albumen.rates import parse_rate

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# More attempts an hour than these slow nobody down who guesses.
MOST_AN_HOUR = {"login": 1200, "register": 6000, "reset": 600, "verify": 600}
# Fewer requests of the API an hour than this are soon used up by one page of pictures.
LEAST_OF_API = 600
# Where clouds answer with the credentials of the machine, beside link-local addresses.
METADATA = {"metadata", "metadata.google.internal", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"}


def careless_rates() -> Iterator[CheckMessage]:
    """Yield a warning for each rate that is off, slows nobody down, or stops ordinary clients."""
    for name, rate in settings.RATES.items():
        variable = f"ALBUMEN_RATE_{name.upper()}"
        limits = parse_rate(rate)
        an_hour = min((limit.amount * 3600 / limit.get_expiry() for limit in limits), default=0)
        if not limits:
            harm = "one client may take the whole server" if name == "api" else "nothing slows down guessing"
            yield Warning(f"{variable} is 0: {harm}", "Unset it.")
        elif an_hour > MOST_AN_HOUR.get(name, float("inf")):
            yield Warning(f"{variable} is {rate}: that hardly slows down guessing", "Unset it, or lower it.")
        elif name == "api" and an_hour < LEAST_OF_API:
            yield Warning(f"{variable} is {rate}: a page with many pictures uses that up", "Unset it, or raise it.")


def careless_hosts() -> Iterator[CheckMessage]:
    """Yield what is wrong with the hosts to serve, the origins that may call, and the hosts to fetch from."""
    for host in settings.ALLOWED_HOSTS:
        labels = host.strip(".").split(".")
        if host.startswith("*."):
            yield Error(f"ALBUMEN_ALLOWED_HOSTS has {host}, which matches nothing", f"Write {host[1:]}.")
        elif host.startswith(".") and len(labels) == 2 and max(map(len, labels)) <= 3:
            yield Warning(f"ALBUMEN_ALLOWED_HOSTS has {host}: others may have hosts below it", "Name your own hosts.")
    for variable, origins in (
        ("ALBUMEN_CORS_ORIGINS", settings.CORS_ALLOWED_ORIGINS),
        ("ALBUMEN_TRUSTED_ORIGINS", settings.CSRF_TRUSTED_ORIGINS),
    ):
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme == "http" and parts.hostname not in LOOPBACK:
                yield Warning(
                    f"{variable} has {origin}: anybody on the way to it can change its pages, and act through them",
                    "Serve it over HTTPS, and name its https origin.",
                )
    for pair in settings.REMOTE_ALLOW:
        host = pair.rpartition(":")[0].strip("[]").lower()
        if host in METADATA or _is_link_local(host):
            yield Error(
                f"ALBUMEN_REMOTE_ALLOW has {pair}: clouds hand out the credentials of a machine there",
                "Take it out: users choose what is requested from these hosts.",
            )


def _is_link_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


def careless_metrics() -> Iterator[CheckMessage]:
    """Yield a warning for each network in which everybody may read the metrics."""
    for network in settings.METRICS_ALLOW:
        if ipaddress.ip_network(network).prefixlen == 0:
            hint = "Name the addresses of Prometheus."
            yield Warning(f"ALBUMEN_METRICS_ALLOW has {network}: everybody may read /metrics", hint)
