"""What is installed, and whether the registered ports are free."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from importlib import metadata

from stackduel_servers.registry import load_registry
from stackduel_servers.triton.installation import TritonError, locate

from stackduel.cli.commands.doctor.finding import Finding
from stackduel.model.stack import registered_stacks
from stackduel.observe import host


def findings() -> Iterator[Finding]:
    """Look at what local runs, compose and serve need."""
    yield _loop()
    yield _frameworks()
    yield _triton()
    yield _ports()


def _loop() -> Finding:
    name = "winloop" if sys.platform == "win32" else "uvloop"
    found = host.versions([name])
    if found:
        return Finding("event loop", "good", f"{name} {found[name]}")
    return Finding("event loop", "limit", f"{name} is not installed: the generator runs on asyncio, at half the speed")


def _frameworks() -> Finding:
    needed = sorted({"flask", "quart", "fastapi", "urllib3", "aiohttp"} | _servers_needed())
    missing = [name for name in needed if not _installed(name)]
    if missing:
        detail = f"not installed: {', '.join(missing)}; pip install -e '.[servers]' for --launcher local"
        return Finding("frameworks", "missing", detail)
    runnable = [name for name, entry in load_registry().entries.items() if sys.platform in entry.platforms]
    return Finding("frameworks", "good", f"{len(runnable)} of {len(registered_stacks())} stacks can run here")


def _servers_needed() -> set[str]:
    """The servers that are packages of this Python's; Triton is installed apart."""
    here = (entry for entry in load_registry().entries.values() if sys.platform in entry.platforms)
    return {entry.server for entry in here if entry.framework != "triton"}


def _triton() -> Finding:
    try:
        found = locate(os.environ)
    except TritonError as error:
        return Finding("Triton", "limit", f"{error}; the stacks that need it are left out")
    return Finding("Triton", "good", str(found.executable))


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _ports() -> Finding:
    registry = load_registry()
    wanted = {"downstream": registry.downstream_port}
    wanted |= {name: entry.port for name, entry in registry.entries.items()}
    taken = [f"{port} ({name})" for name, port in wanted.items() if not _is_free(port)]
    if taken:
        return Finding("ports", "limit", f"taken: {', '.join(taken)}; compose and serve need them, run does not")
    return Finding("ports", "good", f"all {len(wanted)} registered ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
