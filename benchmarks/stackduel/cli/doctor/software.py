"""The installed versions, and whether the registered ports are free."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

from stackduel.cli.doctor.diagnosis import Diagnosis
from stackduel.observe.host import host_facts
from stackduel.planning.nginx_lookup import INSTALL_NGINX, nginx_program
from stackduel.planning.postgres_installation import INSTALL, postgres_server
from stackduel.planning.registry import registered_stacks
from stackduel_servers.registry import load_registry
from stackduel_servers.supported import PYTHON_SERVERS, WEB_FRAMEWORKS
from stackduel_servers.triton.installation import TritonError, locate


def findings() -> Iterator[Diagnosis]:
    """Look at what local runs, compose and serve need."""
    yield _loop()
    yield _frameworks()
    yield _triton()
    yield _nginx()
    yield _postgres()
    yield _ports()


def _loop() -> Diagnosis:
    name = "winloop" if sys.platform == "win32" else "uvloop"
    found = host_facts.versions([name])
    if found:
        return Diagnosis("event loop", "good", f"{name} {found[name]}")
    return Diagnosis(
        "event loop", "limit", f"{name} is not installed: the generator runs on asyncio, at half the speed"
    )


def _frameworks() -> Diagnosis:
    needed = sorted({*WEB_FRAMEWORKS, "urllib3", "aiohttp", *_servers_needed()})
    missing = [name for name in needed if not _installed(name)]
    if missing:
        detail = f"not installed: {', '.join(missing)}; pip install -e '.[servers]' for --launcher local"
        return Diagnosis("frameworks", "missing", detail)
    runnable = [name for name, entry in load_registry().entries.items() if sys.platform in entry.platforms]
    return Diagnosis("frameworks", "good", f"{len(runnable)} of {len(registered_stacks())} stacks can run here")


def _servers_needed() -> set[str]:
    """Return the servers that pip installs and that stacks of this platform use."""
    here = (entry for entry in load_registry().entries.values() if sys.platform in entry.platforms)
    return {entry.server for entry in here} & set(PYTHON_SERVERS)


def _triton() -> Diagnosis:
    try:
        found = locate(os.environ)
    except TritonError as error:
        return Diagnosis("Triton", "limit", f"{error}; the stacks that need it are left out")
    return Diagnosis("Triton", "good", str(found.executable))


def _nginx() -> Diagnosis:
    found = nginx_program()
    if found is None:
        return Diagnosis("nginx", "limit", f"not installed, so no run with --proxy: {INSTALL_NGINX}")
    return Diagnosis("nginx", "good", str(found))


def _postgres() -> Diagnosis:
    found = postgres_server()
    if found is None:
        detail = f"not installed: {INSTALL}; suites that need a database take --postgres URL meanwhile"
        return Diagnosis("PostgreSQL", "limit", detail)
    try:
        return Diagnosis("PostgreSQL", "good", f"{found.version()} in {found.folder}")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return Diagnosis("PostgreSQL", "limit", f"{error}; suites that need a database cannot start it")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _ports() -> Diagnosis:
    registry = load_registry()
    wanted = {"downstream": registry.downstream_port}
    wanted |= {name: entry.port for name, entry in registry.entries.items()}
    taken = [f"{port} ({name})" for name, port in wanted.items() if not _is_free(port)]
    if taken:
        return Diagnosis("ports", "limit", f"taken: {', '.join(taken)}; compose and serve need them, run does not")
    return Diagnosis("ports", "good", f"all {len(wanted)} registered ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
