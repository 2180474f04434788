"""The command line of each server."""

from __future__ import annotations

import sys

import pytest

from stackduel_servers import commands
from stackduel_servers.options import Listen, resolve
from stackduel_servers.registry import load_registry
from stackduel_servers.supported import FRAMEWORKS, SERVERS

ENTRIES = load_registry().entries


def command(name: str, **environ: str) -> tuple[str, ...]:
    return commands.command(ENTRIES[name], resolve(ENTRIES[name], {"CPUS": "1", **environ}, has_uvloop=True))


def option(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_every_listed_server_has_its_command_and_its_stacks() -> None:
    """The list of servers equals those with a command line, and stacks.toml uses each of them."""
    assert commands.COMMANDS.keys() == SERVERS.keys()
    assert {entry.server for entry in ENTRIES.values()} == SERVERS.keys()


def test_every_listed_framework_has_its_stacks() -> None:
    """The list of frameworks equals those that stacks.toml uses."""
    assert {entry.framework for entry in ENTRIES.values()} == set(FRAMEWORKS)


def test_gunicorn_with_threads() -> None:
    """The baseline's command line, in full."""
    assert " ".join(command("flask-gunicorn")) == (
        "-m gunicorn stackduel_servers.apps.flask_app:app --config python:stackduel_servers.gunicorn_config "
        "--bind 127.0.0.1:8002 "
        "--worker-class gthread --workers 4 --threads 2 --worker-connections 1024 --preload --backlog 2048 "
        "--keep-alive 75 --graceful-timeout 3"
    )


def test_gunicorn_with_gevent_loads_the_application_after_patching() -> None:
    """Preloading would import the application before gevent has patched the standard library."""
    argv = command("flask-gevent")
    assert option(argv, "--worker-class") == "gevent"
    assert "--preload" not in argv


def test_gunicorn_with_its_own_asgi_worker() -> None:
    """The ASGI worker is Gunicorn's own, on uvloop."""
    argv = command("fastapi-gunicorn")
    assert option(argv, "--worker-class") == "asgi"
    assert option(argv, "--asgi-loop") == "uvloop"


def test_uvicorn() -> None:
    """Uvicorn's command line, in full."""
    assert " ".join(command("fastapi-uvicorn", LOOP="asyncio", HOST="::1")) == (
        "-m uvicorn stackduel_servers.apps.fastapi_app:app --host ::1 --port 8001 --workers 1 --loop asyncio "
        "--http httptools "
        "--ws none --lifespan on --backlog 2048 --timeout-keep-alive 75 --timeout-graceful-shutdown 3 "
        "--no-access-log --no-proxy-headers --no-use-colors"
    )


@pytest.mark.parametrize(("workers", "option_value"), [("1", "0"), ("2", "2")])
def test_hypercorn_serves_with_one_worker_in_its_own_process(workers: str, option_value: str) -> None:
    """For Hypercorn 0 workers means the process itself, as for Uvicorn 1 does."""
    argv = command("quart-hypercorn", WORKERS=workers)
    assert option(argv, "--workers") == option_value
    assert option(argv, "--worker-class") == "uvloop"
    assert option(argv, "--keep-alive") == "75"


def test_waitress() -> None:
    """Waitress' command line, in full."""
    assert " ".join(command("flask-waitress")) == (
        "-m stackduel_servers.waitress_runner --listen 127.0.0.1:8042 --threads 8 --connection-limit 1024 "
        "--channel-timeout 75 "
        "--backlog 2048 --asyncore-use-poll stackduel_servers.apps.flask_app:app"
    )


def test_waitress_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no poll(), and its select() takes 512 sockets at most."""
    monkeypatch.setattr(sys, "platform", "win32")
    argv = command("flask-waitress")
    assert "--asyncore-use-poll" not in argv
    assert option(argv, "--connection-limit") == "500"


def test_the_downstream() -> None:
    """The backend's command line, in full."""
    argv = commands.downstream(Listen("0.0.0.0", 8009, 512))
    assert " ".join(argv) == "-m stackduel_servers.downstream --host 0.0.0.0 --port 8009 --backlog 512"


def test_no_command_holds_an_access_log() -> None:
    """Nothing on any command line turns an access log on."""
    for name in ENTRIES:
        assert not {"--access-logfile", "--access-log"} & {*command(name)}, name
