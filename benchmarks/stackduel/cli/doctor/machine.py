"""The machine's cores, memory and limit of open files."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import psutil

from stackduel.cli.doctor.diagnosis import Diagnosis
from stackduel.model.budget import DEFAULT_MEMORY_MIB, divide
from stackduel.observe.host import host_facts
from stackduel.process.cores import can_pin, usable_cores

MIB = 1024 * 1024
FILES_NEEDED = 4096


def findings() -> Iterator[Diagnosis]:
    """Look at what there is to measure with."""
    yield _cores()
    yield _pinning()
    yield _memory()
    yield _open_files()


def _cores() -> Diagnosis:
    cores = usable_cores()
    budget = divide(cores)
    layout = f"server on {_list(budget.server)}, generator on {_list(budget.generator)}"
    detail = f"{len(cores)} usable: {layout}, downstream on {_list(budget.downstream)}"
    if len(cores) == 1:
        return Diagnosis("cores", "limit", f"{detail}; {budget.note}")
    return Diagnosis("cores", "good", detail)


def _pinning() -> Diagnosis:
    if can_pin():
        return Diagnosis("pinning", "good", "processes can be bound to cores")
    return Diagnosis("pinning", "limit", f"{sys.platform} cannot bind processes to cores; use --launcher docker")


def _memory() -> Diagnosis:
    available_mib = psutil.virtual_memory().available / MIB
    detail = f"{available_mib:,.0f} MiB available; a stack's budget is {DEFAULT_MEMORY_MIB} MiB"
    return Diagnosis("memory", "good" if available_mib > 2 * DEFAULT_MEMORY_MIB else "limit", detail)


def _open_files() -> Diagnosis:
    limit = host_facts.open_files_limit()
    if limit is None or limit >= FILES_NEEDED:
        return Diagnosis("open files", "good", "no limit known" if limit is None else f"up to {limit}")
    return Diagnosis("open files", "limit", f"up to {limit}: raise it (ulimit -n {FILES_NEEDED}) for many connections")


def _list(cores: tuple[int, ...]) -> str:
    return f"core{'s' if len(cores) > 1 else ''} {', '.join(map(str, cores))}"
