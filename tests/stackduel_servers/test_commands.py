"""The command line of each server."""

from __future__ import annotations

import sys

import pytest

from stackduel_servers import commands
from stackduel_servers.core.variables import SettingsError
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
        "--ws auto --ws-max-size 1048576 --ws-ping-interval 86400 "
        "--lifespan on --backlog 2048 --timeout-keep-alive 75 --timeout-graceful-shutdown 3 "
        "--no-access-log --no-proxy-headers --no-use-colors"
    )


@pytest.mark.parametrize(("workers", "option_value"), [("1", "0"), ("2", "2")])
def test_hypercorn_serves_with_one_worker_in_its_own_process(workers: str, option_value: str) -> None:
    """For Hypercorn 0 workers means the process itself, as for Uvicorn 1 does."""
    argv = command("quart-hypercorn", WORKERS=workers)
    assert option(argv, "--workers") == option_value
    assert option(argv, "--worker-class") == "uvloop"
    assert option(argv, "--keep-alive") == "75"


def test_gunicorn_with_uvicorn_s_workers() -> None:
    """The worker class is the one with our settings, not preloaded; the loop reaches it by the environment alone."""
    argv = command("fastapi-uvicorn-worker")
    assert option(argv, "--worker-class") == "stackduel_servers.uvicorn_workers.QuietUvicornWorker"
    assert not {"--preload", "--asgi-loop"} & {*argv}


@pytest.mark.parametrize(("loop", "name"), [("uvloop", "GunicornUVLoopWebWorker"), ("asyncio", "GunicornWebWorker")])
def test_gunicorn_with_aiohttp_s_workers(loop: str, name: str) -> None:
    """The loop is a choice between aiohttp's worker classes; the application loads where its loop runs."""
    assert " ".join(command("aiohttp", LOOP=loop, CPUS="2")) == (
        "-m gunicorn stackduel_servers.apps.aiohttp_app:app --config python:stackduel_servers.gunicorn_config "
        f"--bind 127.0.0.1:8106 --worker-class aiohttp.{name} --workers 2 --threads 1 "
        "--backlog 2048 --keep-alive 75 --graceful-timeout 3"
    )


def test_gunicorn_s_sync_workers_are_two_a_cpu_and_one() -> None:
    """As its documentation has it, each with one thread: with more, Gunicorn would take gthread."""
    argv = command("flask-sync", CPUS="4")
    assert [option(argv, name) for name in ("--worker-class", "--workers", "--threads")] == ["sync", "9", "1"]


def test_granian() -> None:
    """Granian's command line for ASGI, in full."""
    assert " ".join(command("fastapi-granian")) == (
        "-m granian stackduel_servers.apps.fastapi_app:app --interface asgi --host 127.0.0.1 --port 8121 --workers 1 "
        "--loop uvloop --http 1 --ws --backlog 2048 --backpressure 65535 --http1-header-read-timeout 60000 "
        "--workers-kill-timeout 3 --no-access-log"
    )


def test_granian_with_wsgi() -> None:
    """Blocking threads and backpressure are the registry's; a backlog below Granian's least is that least."""
    argv = command("flask-granian", BACKLOG="1", THREADS="16")
    wanted = {"--interface": "wsgi", "--blocking-threads": "16", "--backpressure": "2048", "--backlog": "128"}
    assert {name: option(argv, name) for name in wanted} == wanted


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


@pytest.mark.parametrize(
    ("stack", "option_name"),
    [
        ("fastapi-uvicorn", "--limit-max-requests"),
        ("flask-gthread", "--max-requests"),
        ("fastapi-gunicorn", "--max-requests"),
        ("quart-hypercorn", "--max-requests"),
    ],
)
def test_workers_are_replaced_under_a_supervisor(stack: str, option_name: str) -> None:
    """Each server has its own name for it; a single worker gets the supervisor that starts the next one."""
    argv = command(stack, MAX_REQUESTS="50")
    assert (option(argv, option_name), option(argv, f"{option_name}-jitter")) == ("50", "5")
    if stack == "fastapi-uvicorn":
        assert argv[1] == "stackduel_servers.uvicorn_runner"
        assert command(stack, MAX_REQUESTS="50", WORKERS="2")[1] == "uvicorn"
    if stack == "quart-hypercorn":
        assert option(argv, "--workers") == "1"
    assert option(command(stack, MAX_REQUESTS="50", MAX_REQUESTS_JITTER="9"), f"{option_name}-jitter") == "9"
    assert option_name not in command(stack, MAX_REQUESTS="0")


def test_a_worker_timeout_is_gunicorns_alone() -> None:
    """It is on the command line only where it is asked for; what has no such timeout refuses it."""
    assert option(command("flask-sync", WORKER_TIMEOUT_S="2"), "--timeout") == "2"
    for never in ({}, {"WORKER_TIMEOUT_S": "0"}):
        assert "--timeout" not in command("flask-sync", **never)
    with pytest.raises(SettingsError, match="WORKER_TIMEOUT_S must be left out: fastapi-uvicorn has no such setting"):
        command("fastapi-uvicorn", WORKER_TIMEOUT_S="2")
    with pytest.raises(SettingsError, match="WORKER_TIMEOUT_S must be an integer from 0 to 3600"):
        command("flask-sync", WORKER_TIMEOUT_S="3601")


def test_switches_of_the_command_line() -> None:
    """The parser, the backlog and the access log are the server's own options."""
    argv = command("fastapi-uvicorn", HTTP_PARSER="h11", BACKLOG="4096", ACCESS_LOG="on")
    assert (option(argv, "--http"), option(argv, "--backlog")) == ("h11", "4096")
    assert "--access-log" in argv
    for stack in ("flask-gthread", "quart-hypercorn"):
        assert option(command(stack, ACCESS_LOG="on"), "--access-logfile") == "-"


def test_no_command_holds_an_access_log() -> None:
    """Nothing on any command line turns an access log on."""
    for name in ENTRIES:
        assert not {"--access-logfile", "--access-log"} & {*command(name)}, name


def test_replacement_that_would_not_happen_is_refused() -> None:
    """Waitress replaces no worker, and a jitter alone replaces none."""
    with pytest.raises(SettingsError, match="MAX_REQUESTS must be left out: flask-waitress has no such setting"):
        command("flask-waitress", MAX_REQUESTS="1000")
    with pytest.raises(SettingsError, match="MAX_REQUESTS_JITTER must be left out without MAX_REQUESTS"):
        command("flask-gunicorn", MAX_REQUESTS_JITTER="10")
