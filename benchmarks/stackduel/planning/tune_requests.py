"""The requests of a tuning: one path, or those of a file: a stacks file, a suite, or a suite that an import made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.suite import Scenario, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.request_file import MAX_WORKLOADS, checked_target, parse_workload
from stackduel.planning.stacks_file import OwnFile, read_own_file
from stackduel.planning.suite_file import parse_suite, suite_of
from stackduel.planning.toml_file import folder_of, read_toml

DEFAULT_PATH = "/"
# The table that only a suite has.
SCENARIO = "scenario"
# How the names of files end that an import takes.
TRAFFIC = frozenset({".log", ".har", ".json", ".yaml", ".yml", ".gz"})


@dataclass(frozen=True, slots=True)
class ImportedSuite:
    """The text of a suite that traffic made, and the file of that traffic."""

    source: str
    text: str


def tune_requests(path: str | None, requests: str | None, imported: ImportedSuite | None) -> OwnFile:
    """Return the content of a file whose requests are sent: the user's own, or one made of the path or the traffic.

    Raises FieldError, also if more than one of them is given.
    """
    given = [name for name, each in (("--path", path), ("--requests", requests), ("--import", imported)) if each]
    if len(given) > 1:
        raise FieldError(f"{given[-1]}: cannot be combined with {given[0]}")
    if imported is not None:
        return _of_scenarios(imported.source, parse_suite(imported.source, imported.text, "content").scenarios)
    if requests is not None:
        return _of_file(Path(requests))
    target = checked_target("--path", path or DEFAULT_PATH)
    return OwnFile({}, {"path": parse_workload(Fields("--path", {"path": target}), "content")}, (), ())


def _of_file(path: Path) -> OwnFile:
    """Return the content of a stacks file, or what a suite sends under its several loads."""
    if path.suffix.lower() in TRAFFIC:
        raise FieldError(
            f"--requests: {path}: is no TOML file; --import takes access logs, HAR files and OpenAPI documents"
        )
    document = read_toml("--requests:", path)
    if SCENARIO in document:
        suite = suite_of(path.stem, document, "content", folder_of(path))
        own = _of_scenarios(path.name, suite.scenarios)
        return OwnFile(own.stacks, own.requests, own.loads, own.secrets, where=path.name, setup=suite.setup)
    own = read_own_file(path)
    if not own.requests:
        raise FieldError(
            f"{own.where}: [[requests]]: none is there, and no [[scenario]] of a suite; --path names one request"
        )
    return own


def _of_scenarios(where: str, scenarios: Iterable[Scenario]) -> OwnFile:
    """Return the requests of all scenarios, once where several differ in their load alone."""
    mixes: list[tuple[Workload, ...]] = []
    for scenario in scenarios:
        if scenario.workloads not in mixes:
            mixes.append(scenario.workloads)
    workloads = [workload for mix in mixes for workload in mix]
    if len(workloads) > MAX_WORKLOADS:
        raise FieldError(f"{where}: scenario: at most {MAX_WORKLOADS} requests in all, and {len(workloads)} are there")
    asked = next((each.model for each in workloads if each.model is not None), None)
    if asked is not None:
        raise FieldError(f"{where}: scenario: asks for the model {asked}, and an application of yours has paths")
    return OwnFile({}, {str(number): each for number, each in enumerate(workloads, 1)}, (), (), where=where)
