"""What settings need before Django exists: the secret key of a fresh installation, and the production checks."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe(*, debug: bool, secret_key: str, allowed_hosts: list[str]) -> None:
    """Raise `ImproperlyConfigured`, naming every unsafe setting, when production would start with one."""
    faults = []
    if debug:
        faults.append("ALBUMEN_DEBUG is on: debug pages show the server's memory. Unset it.")
    if len(secret_key) < 32 or len(set(secret_key)) < 8:
        faults.append("ALBUMEN_SECRET_KEY is missing or guessable: set at least 32 random characters.")
    if not allowed_hosts or any(host.strip() in ("*", "") for host in allowed_hosts):
        faults.append("ALBUMEN_ALLOWED_HOSTS is empty or allows any host: name the hosts that you serve.")
    if faults:
        raise ImproperlyConfigured("Unsafe settings for ALBUMEN_ENV=production:\n- " + "\n- ".join(faults))


def secret_key(data_dir: Path) -> str:
    """The installation's own key, made on first use with mode 600. Safe when two processes start at once."""
    path = data_dir / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f".secret_key.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, never replaces the key of another process that was first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
