"""``stackduel doctor``: what this machine can and cannot measure, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import click
from rich.console import Console

from stackduel.cli.doctor import docker_engine, machine, quiet, software
from stackduel.cli.doctor import gpus as gpu
from stackduel.cli.doctor.diagnosis import Diagnosis, DiagnosisState
from stackduel.report.terminal.page import Page, standard_error, standard_output
from stackduel.report.terminal.waiting import waiting

STYLES: Mapping[DiagnosisState, str] = MappingProxyType(
    {"good": "green", "limit": "yellow", "missing": "red", "unknown": "dim"}
)
NAME_WIDTH = 21
STATE_WIDTH = 9
# Other processes are watched before the checks give the engine work.
CHECKS: tuple[tuple[str, Callable[[], Iterable[Diagnosis]]], ...] = (
    ("this machine", machine.findings),
    (f"who else is at work here, for {quiet.WATCHED_S:g} s", quiet.findings),
    ("what is installed", software.findings),
    ("the Docker engine", docker_engine.findings),
    ("the GPUs", gpu.findings),
)


@click.command("doctor")
def doctor_command() -> int:
    """Say what this machine can and cannot measure."""
    return examine(standard_output(), standard_error())


def examine(console: Console, err: Console) -> int:
    """Print every diagnosis as soon as it is made; return the exit status."""
    page = Page(console)
    for what, check in CHECKS:
        with waiting(err, f"examining {what}"):
            diagnoses = tuple(check())
        for diagnosis in diagnoses:
            _print(diagnosis, page)
    return 0


def _print(diagnosis: Diagnosis, page: Page) -> None:
    """A line or more: its state is a word, which its colour repeats."""
    first = f"{diagnosis.name:<{NAME_WIDTH}}{diagnosis.state:<{STATE_WIDTH}}"
    styled = (NAME_WIDTH, NAME_WIDTH + STATE_WIDTH)
    page.paragraph(diagnosis.detail, first=first, style=STYLES[diagnosis.state], styled=styled)
