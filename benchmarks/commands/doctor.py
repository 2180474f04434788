"""``stackduel doctor``: what this machine can and cannot measure, and what to do about it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from shutil import which
from typing import Literal

import psutil
from docker import DockerClient
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.budget import DEFAULT_MEMORY_MIB, divide
from benchmarks.containers import engine
from benchmarks.containers.engine import EngineFacts
from benchmarks.containers.forwarding import port_forwarding
from benchmarks.containers.images import own_image
from benchmarks.containers.ownership import labels
from benchmarks.launch.base import LaunchError
from benchmarks.observe import host
from benchmarks.stacks import registered_stacks
from servers.registry import load_registry

MIB = 1024 * 1024
FILES_NEEDED = 4096
GPU_ANSWERS_WITHIN_S = 10
STYLES = {"good": "green", "limit": "yellow", "missing": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is good, a limit of the figures, or missing, and what follows."""

    name: str
    state: Literal["good", "limit", "missing"]
    detail: str


def examine(console: Console) -> int:
    """Print every finding; returns the exit status."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("what", "state", "detail"):
        table.add_column(heading, no_wrap=heading != "detail")
    with console.status("examining this machine"):
        for finding in findings():
            table.add_row(Text(finding.name), Text(finding.state, STYLES[finding.state]), Text(finding.detail))
    console.print(table)
    return 0


def findings() -> Iterator[Finding]:
    """Look at everything that decides what can be measured here."""
    yield _cores()
    yield _pinning()
    yield _memory()
    yield _open_files()
    yield _loop()
    yield _frameworks()
    yield _ports()
    yield from _engine()
    yield _gpu()


def _cores() -> Finding:
    cores = host.usable_cores()
    budget = divide(cores)
    layout = f"server on {_list(budget.server)}, generator on {_list(budget.generator)}"
    detail = f"{len(cores)} usable: {layout}, downstream on {_list(budget.downstream)}"
    if len(cores) == 1:
        return Finding("cores", "limit", f"{detail}; {budget.note}")
    return Finding("cores", "good", detail)


def _pinning() -> Finding:
    if host.can_pin():
        return Finding("pinning", "good", "processes can be bound to cores")
    return Finding("pinning", "limit", f"{sys.platform} cannot bind processes to cores; use --launcher docker")


def _memory() -> Finding:
    available_mib = psutil.virtual_memory().available / MIB
    detail = f"{available_mib:,.0f} MiB available; a stack's budget is {DEFAULT_MEMORY_MIB} MiB"
    return Finding("memory", "good" if available_mib > 2 * DEFAULT_MEMORY_MIB else "limit", detail)


def _open_files() -> Finding:
    limit = host.open_files_limit()
    if limit is None or limit >= FILES_NEEDED:
        return Finding("open files", "good", "no limit known" if limit is None else f"up to {limit}")
    return Finding("open files", "limit", f"up to {limit}: raise it (ulimit -n {FILES_NEEDED}) for many connections")


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
    return {entry.server for entry in load_registry().entries.values() if sys.platform in entry.platforms}


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


def _engine() -> Iterator[Finding]:
    try:
        client = engine.connect()
    except LaunchError as error:
        yield Finding("Docker engine", "missing", str(error))
        return
    with closing(client):
        facts = engine.describe(client)
        detail = f"{facts.version} on {facts.operating_system}, cgroup v{facts.cgroup_version}, {facts.cores} cores"
        yield Finding("Docker engine", "good", detail)
        yield _forwarding(client, facts)


def _forwarding(client: DockerClient, facts: EngineFacts) -> Finding:
    """Needs an image of ours to try it with: any will do, and none is built only for this."""
    image = own_image(client)
    if image is None:
        detail = "unknown until the first run with --launcher docker has built an image"
        return Finding("published ports", "limit", detail)
    match port_forwarding(client, facts, image, labels("doctor")):
        case "kernel":
            return Finding("published ports", "good", "forwarded by the kernel")
        case "proxy":
            detail = "forwarded by the userland proxy, which costs every request; use --generator container"
            return Finding("published ports", "limit", detail)
        case _:
            return Finding("published ports", "limit", "it could not be found out how they are forwarded")


def _gpu() -> Finding:
    command = which("nvidia-smi")
    if command is None:
        return Finding("GPU", "missing", "no nvidia-smi: nothing here is measured on a GPU")
    query = [command, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            query,
            capture_output=True,
            text=True,
            timeout=GPU_ANSWERS_WITHIN_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("GPU", "missing", f"nvidia-smi does not answer: {error}")
    return Finding("GPU", "good", "; ".join(answer.stdout.split("\n")).strip("; ") or "none listed")


def _list(cores: tuple[int, ...]) -> str:
    return f"core{'s' if len(cores) > 1 else ''} {', '.join(map(str, cores))}"
