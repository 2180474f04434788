"""The open files that a plan needs, one for each connection, beside those that this system allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import MOST_STREAMS, CapacitySettings, SustainedSettings
from stackduel.model.suite import ClosedLoop, Scenario, Suite
from stackduel.model.waits import calls_of

# Of a process's own: its program, its log, its pipes, and connections that are just being closed.
SPARE = 64
VICTIM_CONNECTIONS = 16


class FilesNeeded(NamedTuple):
    """How many files a process needs, and which process."""

    files: int
    process: str


def refuse_too_few_files(suite: Suite, shards: int, options: RunOptions, allowed: int) -> None:
    """Raise FieldError if a scenario needs more open files in a process than the system allows each."""
    for scenario in suite.scenarios:
        needed = max(_needed(suite, scenario, shards, options))
        if needed.files > allowed:
            raise FieldError(
                f"{scenario.name}: load: {_most_connections(suite, scenario):,} connections need {needed.files:,} open "
                f"files in {needed.process}, and this system allows a process {allowed:,}: raise the hard limit "
                f"(ulimit -Hn), or use fewer connections"
            )


def _needed(suite: Suite, scenario: Scenario, shards: int, options: RunOptions) -> Iterator[FilesNeeded]:
    connections = _most_connections(suite, scenario)
    victim = VICTIM_CONNECTIONS if scenario.victim else 0
    if options.generator == "process":
        yield FilesNeeded(-(-connections // shards) + victim + SPARE, "each process of the load generator")
    if options.launcher == "local":
        calls = max(map(calls_of, scenario.workloads))
        yield FilesNeeded(connections * (1 + calls) + victim + SPARE, "the server")
    yield FilesNeeded(0, "")


def _most_connections(suite: Suite, scenario: Scenario) -> int:
    if isinstance(suite.search, SustainedSettings):
        return max(scenario.load.connections, suite.search.most_connections)
    if isinstance(suite.search, CapacitySettings) and isinstance(scenario.load, ClosedLoop):
        return max(scenario.load.connections, suite.search.most_streams or MOST_STREAMS)
    return scenario.load.connections
