"""What deploy/ ships without being started by any test: that it is well formed, and names what there is."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from django.core.management import get_commands, load_command_class

from tests.commands import PRODUCTION, plain_environment

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
SETTINGS = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
# Read by gunicorn.conf.py.
GUNICORN = {"WEB_CONCURRENCY"}


@pytest.fixture
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_the_compose_file_keeps_to_the_specification(compose):
    filled = re.sub(r"\$\{\w+[^}]*\}", "some", json.dumps(compose))
    services = set(PyCompose.from_yaml(filled).service_names())
    assert services == {"nginx", "web", "ws", "worker", "migrate", "postgres", "redis", "s3"}
    for service in compose["services"].values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                own = compose["services"][needed]
                assert "healthcheck" in own or "build" in own, f"{needed} has no health check"
        # The image declares this folder: a container without it gets a nameless volume, which outlives it.
        assert "build" not in service or "drafts:/data" in service["volumes"]
        for volume in service.get("volumes", ()):
            name = volume.split(":")[0]
            assert (DEPLOY / name).is_file() if name.startswith(".") else name in compose["volumes"]


def test_the_compose_file_sets_what_there_is(compose):
    text = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text)) - {"ALBUMEN_VERSION"}
    example = set(re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(), flags=re.MULTILINE))
    assert asked <= example
    assert {name for name in example if name.startswith("ALBUMEN_")} <= SETTINGS
    template = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "nginx.conf").read_text()))
    described = set(re.findall(r"^#   (ALBUMEN_NGINX_\w+)", (DEPLOY / "nginx.conf").read_text(), flags=re.MULTILINE))
    nginx = compose["services"]["nginx"]["environment"]
    assert template == described == {name for name in nginx if name.startswith("ALBUMEN_NGINX_")}
    assert template == set(
        re.findall(r"^(\w+)=", (DEPLOY / "systemd/albumen-nginx.env").read_text(), flags=re.MULTILINE)
    )
    assert set(re.findall(r"^(\w+)=", (DEPLOY / "systemd/albumen.env").read_text(), flags=re.MULTILINE)) <= SETTINGS
    for name in ("web", "ws", "worker", "migrate"):
        assert set(compose["services"][name]["environment"]) <= SETTINGS | GUNICORN


def test_every_command_is_one(compose):
    manifests = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text())["items"]
    pods = [one["spec"]["template"]["spec"] for one in manifests if "template" in one.get("spec", {})]
    lines = [container.get("args", []) for pod in pods for container in pod["containers"]]
    lines += [compose["services"][name].get("command", []) for name in ("web", "ws", "worker", "migrate")]
    units = [path.read_text() for path in (DEPLOY / "systemd").glob("*.service")]
    lines += [shlex.split(re.search(r"^ExecStart=(.+)$", unit, flags=re.MULTILINE)[1]) for unit in units]
    named = {line[2] for line in lines if line[1:2] == ["manage.py"]}
    assert named == {"serve", "worker", "migrate"}
    for name in named:
        command = load_command_class(get_commands()[name], name)
        assert command.create_parser("manage.py", name).format_help()
    kinds = [one["kind"] for one in manifests]
    assert kinds.count("Deployment") == 3
    (settings,) = [set(one["data"]) for one in manifests if one["kind"] == "ConfigMap"]
    assert settings <= SETTINGS | GUNICORN


def test_systemd_listens_where_nginx_asks():
    """While a process is restarted, its socket stays."""
    asked = re.findall(
        r"^ALBUMEN_NGINX_(WEB|WS)=server (\S+)", (DEPLOY / "systemd/albumen-nginx.env").read_text(), re.M
    )
    for name, address in asked:
        unit = DEPLOY / f"systemd/albumen-{name.lower()}"
        listens = re.findall(r"^ListenStream=(.+)$", unit.with_suffix(".socket").read_text(), re.M)
        service = unit.with_suffix(".service").read_text()
        assert listens == [address]
        assert f"Requires={unit.name}.socket" in service
        assert f"PORT={address.rpartition(':')[2]}" in service
    assert {name for name, _ in asked} == {"WEB", "WS"}


def test_systemd_starts_anew_whatever_ended():
    """However often, so that a database that is away for a minute leaves nothing down; and at once: processes whose
    main one was killed are not waited for. nginx's would finish their downloads while nobody listens."""
    for path in (DEPLOY / "systemd").glob("*.service"):
        unit, service = path.read_text().split("\n[Service]\n")
        assert re.findall(r"^StartLimitIntervalSec=(.+)$", unit, re.M) == ["0"], path.name
        asked = dict(re.findall(r"^(Restart|RestartSec|KillMode)=(.+)$", service, re.M))
        assert asked == {"Restart": "always", "RestartSec": "1", "KillMode": "mixed"}, path.name


def test_the_documented_commands_name_units_that_there_are():
    text = (ROOT / "docs/operations.md").read_text()
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in re.split(r"\n|&&", block) if "systemctl" in line]
    named = set(re.findall(r"albumen-[\w.]+@?", " ".join(commands)))
    files = {path.name for path in (DEPLOY / "systemd").iterdir()}
    assert named
    assert {name if "." in name else f"{name}.service" for name in named} <= files
    # Without their sockets, what was stopped would be started by the next request.
    (restore,) = [block for block in blocks if "dropdb" in block]
    assert restore.startswith("systemctl stop 'albumen-*'\n")


def test_the_dockerfile_is_clean():
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_knows_what_comes_as_source_alone():
    """pip refuses the build else. What is published in one form alone has one hash, and no other package has that."""
    lines = re.sub(r"\\\n", "", (ROOT / "requirements.txt").read_text()).splitlines()
    single = {re.split(r"[\[=]", line)[0] for line in lines if line.count("--hash=") == 1}
    named = re.search(r"--no-binary (\S+)", (DEPLOY / "Dockerfile").read_text())
    assert named is not None
    assert set(named[1].split(",")) == single


def test_what_the_image_holds_starts(tmp_path):
    """The lines COPY and CMD of its last stage, carried out in a folder."""
    stage = (DEPLOY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for source, target in re.findall(r"^COPY (?!--from)(\S+) (\S+)$", stage, flags=re.MULTILINE):
        assert f"!{source}" in allowed
        to = tmp_path / target / (source.rpartition("/")[2] if target.endswith("/") else "")
        to.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, to)
    command = yaml.safe_load(re.search(r"^CMD (\[.+\])$", stage, flags=re.MULTILINE)[1])
    env = {**plain_environment(), **PRODUCTION, "ALBUMEN_DATA_DIR": str(tmp_path / "data"), "WEB_CONCURRENCY": "3"}
    done = subprocess.run(
        [sys.executable, *command[1:], "--check-config", "--print-config"],
        cwd=tmp_path,
        env={**env, "ALBUMEN_THREADS": "7"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = dict(re.findall(r"^(\w+)\s+= (.*)$", done.stdout, flags=re.MULTILINE))
    assert (shown["workers"], shown["threads"], shown["preload_app"]) == ("3", "7", "False")
    assert int(shown["keepalive"]) > 60
    assert shown["control_socket_disable"] == "True"
    assert os.fspath(tmp_path) in shown["chdir"]
    # The page /docs/events/ is made from it.
    assert (tmp_path / "docs" / "asyncapi.yaml").is_file()
