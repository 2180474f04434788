"""Start the real server of a stack: ``python -m stackduel_servers.serve STACK [--host HOST] [--port PORT]``."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from stackduel_servers import allocator, commands
from stackduel_servers.core.edge_settings import read_edge_settings
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.in_force import in_force_of
from stackduel_servers.isolation import own_isolation
from stackduel_servers.metrics_folder import make_folder, parent_folder
from stackduel_servers.models.device import VARIABLE, Chosen, chosen
from stackduel_servers.options import Options, in_force, resolve, resolve_listen
from stackduel_servers.pillow.builds import interpreter
from stackduel_servers.registry import Registry, StackEntry, load_registry

DOWNSTREAM = "downstream"
MOST_OPEN_FILES = 65_536
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Set by `stackduel profile --memory`: the file that gets every allocation of the server and its forked workers.
RECORD_MEMORY = "STACKDUEL_RECORD_MEMORY"
# Variables that the servers themselves and their libraries would read, without the registry.
SERVERS_OWN = ("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", METRICS_FOLDER, METRICS_FOLDER.lower())


@dataclass(frozen=True, slots=True)
class Start:
    """A server to start: its interpreter, the command line after that, and the whole environment it gets.

    With ``has_metrics`` its workers share a folder, which is made when it starts.
    """

    command: commands.CommandLine
    environ: Mapping[str, str]
    has_metrics: bool = False
    python: str = sys.executable


def plan(stack: str, environ: Mapping[str, str], registry: Registry, *, has_uvloop: bool) -> Start:
    """Return the command and environment that start ``stack``; raises SettingsError."""
    if stack == DOWNSTREAM:
        listen = resolve_listen(registry.downstream_port, environ)
        return Start(commands.downstream(listen), _environment(environ))
    entry = registry.entries.get(stack)
    if entry is None:
        known = ", ".join([DOWNSTREAM, *registry.entries])
        raise SettingsError(f"STACK must be one of {known}, not {stack!r}")
    if sys.platform not in entry.platforms:
        raise SettingsError(f"STACK: {stack} does not run on {sys.platform}, only on {', '.join(entry.platforms)}")
    environ = in_force(entry, environ)
    read_settings(environ)
    options = resolve(entry, environ, has_uvloop=has_uvloop)
    told = _settings_for_server(entry, options, environ)
    child = _environment(environ) | told | _device(chosen(environ))
    has_metrics = read_edge_settings(environ).metrics
    return Start(commands.command(entry, options), child, has_metrics, interpreter(environ))


def main(arguments: list[str] | None = None) -> None:
    """Replace this process with the server of the stack that the command line or ``STACK`` names; exits with 2."""
    options = _parser().parse_args(arguments)
    given = {"HOST": options.host, "PORT": options.port}
    environ = {**os.environ, **{name: value for name, value in given.items() if value}}
    try:
        start = plan(
            options.stack or environ.get("STACK", ""),
            environ,
            load_registry(),
            has_uvloop=find_spec("uvloop") is not None,
        )
        folder = _metrics_folder() if start.has_metrics else None
    except ValueError as error:
        sys.stderr.write(f"stackduel_servers.serve: {error}\n")
        sys.exit(2)
    _allow_many_connections()
    child = {**start.environ, **({METRICS_FOLDER: str(folder)} if folder else {})}
    # -u: an isolated interpreter does not read PYTHONUNBUFFERED.
    _become([start.python, *own_isolation(), "-u", *recorded(start.command, environ)], child, folder)


def recorded(command: commands.CommandLine, environ: Mapping[str, str]) -> commands.CommandLine:
    """Return the command under memray, if the environment names a file for its allocations."""
    file = environ.get(RECORD_MEMORY)
    return (*memray_run(file), *command) if file else command


def memray_run(file: str) -> tuple[str, ...]:
    """Return the words between an interpreter and its program that record all allocations, those of forks too."""
    return ("-m", "memray", "run", "--quiet", "--force", "--follow-fork", "--output", file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stackduel_servers.serve", description="Start the server of one stack."
    )
    parser.add_argument("stack", nargs="?", help="a name in stacks.toml, or downstream; default: $STACK")
    parser.add_argument("--host", help="address to listen on; default: $HOST, else 127.0.0.1")
    parser.add_argument("--port", help="port to listen on; default: $PORT, else the registry's")
    return parser


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a server gets of this environment, and what every server needs."""
    passed_on = {name: value for name, value in environ.items() if not _is_servers_own(name)}
    return passed_on | {"PYTHONUNBUFFERED": "1", **allocator.ENVIRONMENT}


def _is_servers_own(name: str) -> bool:
    return name in SERVERS_OWN or name.startswith(("UVICORN_", "GRANIAN_", "LITESTAR_"))


def _settings_for_server(entry: StackEntry, options: Options, environ: Mapping[str, str]) -> dict[str, str]:
    settings = {
        "STACK": entry.name,
        "FRAMEWORK": entry.framework,
        "SERVER": entry.server,
        "WORKERS": options.workers,
        "THREADS": options.threads,
        "LOOP": options.loop,
        "CPUS": f"{options.cpus:g}",
        "INFERENCE": options.inference,
        "POOL": options.pool,
        "BATCH_SIZE": options.batch_size,
        "BATCH_DELAY_MS": None if options.batch_delay_ms is None else f"{options.batch_delay_ms:.9f}",
        "QUEUE_SIZE": options.queue_size,
        "SETTINGS": json.dumps(in_force_of(entry, options, environ)),
    }
    return {f"STACKDUEL_{name}": str(value) for name, value in settings.items() if value is not None}


def _device(choice: Chosen) -> dict[str, str]:
    """Return the variables of the models' device: chosen once here, so that the choice takes no memory in workers."""
    note = {"STACKDUEL_DEVICE_NOTE": choice.note} if choice.note else {}
    return {VARIABLE: choice.device, "STACKDUEL_DEVICE": choice.device, **note}


def _metrics_folder() -> Path:
    if find_spec("prometheus_client") is None:
        raise SettingsError("METRICS must be off: prometheus-client is not installed")
    return make_folder(parent_folder())


def _allow_many_connections() -> None:
    """Raise this process's limit of open files, and so its server's, as far as allowed."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _become(argv: list[str], environ: Mapping[str, str], folder: Path | None) -> None:
    if sys.platform != "win32":
        os.execvpe(argv[0], argv, environ)  # noqa: S606  # no shell; this process is not needed any more
    # On Windows the server would get another process id, so this parent stays and ends with it.
    import subprocess  # noqa: PLC0415  # no other system needs it, and the import is slow

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = subprocess.run(argv, env=dict(environ), check=False).returncode
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
