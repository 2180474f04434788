"""Start the real server of a stack: ``python -m stackduel_servers.serve STACK [--host HOST] [--port PORT]``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from stackduel_servers import allocator, commands
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.isolation import own_isolation
from stackduel_servers.models.device import VARIABLE, Chosen, chosen
from stackduel_servers.options import Options, resolve, resolve_listen
from stackduel_servers.registry import Registry, load_registry

DOWNSTREAM = "downstream"
MOST_OPEN_FILES = 65_536
# Variables that the servers themselves would read, without the registry.
SERVERS_OWN = ("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS")


@dataclass(frozen=True, slots=True)
class Start:
    """A server to start: its command line after the interpreter, and the whole environment it gets."""

    command: commands.CommandLine
    environ: Mapping[str, str]


def plan(stack: str, environ: Mapping[str, str], registry: Registry, *, has_uvloop: bool) -> Start:
    """Return the command and environment that start ``stack``; raises SettingsError."""
    child = {name: value for name, value in environ.items() if not _is_servers_own(name)}
    child |= {"PYTHONUNBUFFERED": "1", **allocator.ENVIRONMENT}
    if stack == DOWNSTREAM:
        return Start(commands.downstream(resolve_listen(registry.downstream_port, environ)), child)
    entry = registry.entries.get(stack)
    if entry is None:
        known = ", ".join([DOWNSTREAM, *registry.entries])
        raise SettingsError(f"STACK must be one of {known}, not {stack!r}")
    if sys.platform not in entry.platforms:
        raise SettingsError(f"STACK: {stack} does not run on {sys.platform}, only on {', '.join(entry.platforms)}")
    read_settings(environ)
    options = resolve(entry, environ, has_uvloop=has_uvloop)
    child |= _settings_for_server(entry.name, entry.framework, entry.server, options) | _device(chosen(environ))
    return Start(commands.command(entry, options), child)


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
    except ValueError as error:
        sys.stderr.write(f"stackduel_servers.serve: {error}\n")
        sys.exit(2)
    _allow_many_connections()
    # -u: an isolated interpreter does not read PYTHONUNBUFFERED.
    _become([sys.executable, *own_isolation(), "-u", *start.command], start.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stackduel_servers.serve", description="Start the server of one stack."
    )
    parser.add_argument("stack", nargs="?", help="a name in stacks.toml, or downstream; default: $STACK")
    parser.add_argument("--host", help="address to listen on; default: $HOST, else 127.0.0.1")
    parser.add_argument("--port", help="port to listen on; default: $PORT, else the registry's")
    return parser


def _is_servers_own(name: str) -> bool:
    return name in SERVERS_OWN or name.startswith("UVICORN_")


def _settings_for_server(stack: str, framework: str, server: str, options: Options) -> dict[str, str]:
    settings = {
        "STACK": stack,
        "FRAMEWORK": framework,
        "SERVER": server,
        "WORKERS": options.workers,
        "THREADS": options.threads,
        "LOOP": options.loop,
        "CPUS": f"{options.cpus:g}",
        "INFERENCE": options.inference,
        "POOL": options.pool,
        "BATCH_SIZE": options.batch_size,
        "BATCH_DELAY_MS": None if options.batch_delay_ms is None else f"{options.batch_delay_ms:.9f}",
        "QUEUE_SIZE": options.queue_size,
    }
    return {f"STACKDUEL_{name}": str(value) for name, value in settings.items() if value is not None}


def _device(choice: Chosen) -> dict[str, str]:
    """Return the variables of the models' device: chosen once here, so that the choice takes no memory in workers."""
    note = {"STACKDUEL_DEVICE_NOTE": choice.note} if choice.note else {}
    return {VARIABLE: choice.device, "STACKDUEL_DEVICE": choice.device, **note}


def _allow_many_connections() -> None:
    """Raise this process's limit of open files, and so its server's, as far as allowed."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _become(argv: list[str], environ: Mapping[str, str]) -> None:
    if sys.platform != "win32":
        os.execvpe(argv[0], argv, environ)  # noqa: S606  # no shell; this process is not needed any more
    # On Windows the server would get another process id, so this parent stays and ends with it.
    import subprocess  # noqa: PLC0415  # no other system needs it, and the import is slow

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.run(argv, env=dict(environ), check=False).returncode)


if __name__ == "__main__":
    main()
