"""What a process loads at its start: nothing that most installations never use."""

from tests.commands import manage, run_python

OPTIONAL = {"redis", "celery", "kombu", "boto3", "sentry_sdk", "pyvips"}
LOADED = "import sys; print(*sys.modules)"
SERVER = f"import django; django.setup(); import albumen.server.asgi, albumen.web.urls; {LOADED}"
# It ends at once, because nothing is on its standard input.
WORKER = f"import sys; sys.argv = ['manage.py', 'worker', '--tied']; import manage; manage.main(); {LOADED}"


def loaded(server, script):
    """Return the names of all modules that a process has loaded at the end of this script."""
    server.migrate()
    done = run_python(
        "-c",
        script,
        data_dir=server.data_dir,
        DATABASE_URL=server.env.get("DATABASE_URL", ""),
        DJANGO_SETTINGS_MODULE="albumen.web.settings",
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_a_server_loads_what_is_optional_only_where_it_is_set(own_server):
    modules = loaded(own_server, SERVER)
    assert "albumen.tasks.broker" in modules
    assert modules & OPTIONAL == set()


def test_a_worker_loads_neither_that_nor_the_urls(own_server):
    modules = loaded(own_server, WORKER)
    assert "albumen.tasks.broker" in modules
    assert modules & (OPTIONAL | {"albumen.web.urls"}) == set()


def test_where_the_port_is_taken_no_worker_is_started(own_server):
    own_server.start()
    taken = {"PORT": str(own_server.port), "DATABASE_URL": own_server.env.get("DATABASE_URL", "")}
    status, said = manage(own_server.data_dir, "serve", **taken, ALBUMEN_WORKERS="1")
    assert (status, "address already in use" in said, "Traceback" in said) == (3, True, False), said
    assert own_server.sql("SELECT count(*) FROM tasks_worker") == [(0,)]
