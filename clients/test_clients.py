"""Clients that generators make from the API's description, doing the main flow against a real server: register, log
in, upload, list two pages, fetch a thumbnail, share by a link that ends. Run by `make clients`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests import pictures
from tests.server import Server

HERE = Path(__file__).parent
NODE = 18
IMPORT_ALL = """
from importlib import import_module
from pkgutil import walk_packages
import albumen_client
for module in walk_packages(albumen_client.__path__, "albumen_client."):
    import_module(module.name)
"""


def run(*command: str, cwd: Path, **env: str) -> str:
    """Return what a command printed; fail with all of it where it fails or takes more than three minutes."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    server.sql("UPDATE plans_plan SET original = TRUE, expiring_links = TRUE")
    yield server
    server.remove()


@pytest.fixture
def place(server, tmp_path):
    """A folder with the description as a client's author gets it, and a picture."""
    description = httpx.get(f"{server.url}/api/schema/?format=json", timeout=60)
    (tmp_path / "schema.json").write_bytes(description.content)
    (tmp_path / "photo.jpg").write_bytes(pictures.jpeg(1200, 800))
    return tmp_path


@pytest.fixture(scope="module")
def modules():
    """The folder of the locked npm packages."""
    found = shutil.which("node") and shutil.which("npm")
    if not found or int(run("node", "--version", cwd=HERE)[1:].partition(".")[0]) < NODE:
        reason = f"Not run: there is no Node.js of version {NODE} or newer, with npm."
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    run("npm", "ci", cwd=HERE)
    return HERE / "node_modules"


@pytest.mark.parametrize(
    ("flow", "generate"),
    [
        ("openapi_fetch", ["openapi-typescript", "schema.json", "--output", "generated/openapi_typescript.ts"]),
        ("hey_api", ["openapi-ts"]),
    ],
)
def test_typescript(server, place, modules, flow, generate):
    (place / "node_modules").symlink_to(modules)
    for name in ("package.json", "tsconfig.json", "openapi-ts.config.mjs", f"{flow}.ts"):
        shutil.copy(HERE / name, place)
    run(f"node_modules/.bin/{generate[0]}", *generate[1:], cwd=place)
    run("node_modules/.bin/tsc", cwd=place)
    assert run("node", f"built/{flow}.js", server.url, "photo.jpg", cwd=place).endswith("done\n")


def test_python(server, place):
    run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", "schema.json"),
        *("--meta", "none", "--output-path", "albumen_client"),
        *("--config", str(HERE / "openapi_python.yaml"), "--fail-on-warning"),
        cwd=place,
    )
    run(sys.executable, "-c", IMPORT_ALL, cwd=place)
    flow = str(HERE / "openapi_python.py")
    assert run(sys.executable, flow, server.url, "photo.jpg", cwd=place, PYTHONPATH=str(place)).endswith("done\n")
