"""The suite of ``stackduel tune``: one load on the current command and on every candidate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stackduel.analysis.slo import parse_slo
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.application import Application, CurrentCommand
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import ClosedLoop, Scenario, Suite
from stackduel.model.tune_settings import CURRENT, USUAL_BUDGET_S, Objective, TuneSettings
from stackduel.planning.core_division import chosen_division
from stackduel.planning.pace import LAUNCH_S
from stackduel.planning.stacks_file import OwnFile
from stackduel.planning.tune_commands import is_current, tune_stacks
from stackduel.planning.tune_requests import ImportedSuite, tune_requests
from stackduel.process.cores import usable_cores
from stackduel.search.tune_grid import candidates_for
from stackduel.search.tune_schedule import SUPPOSED_REQUEST_S, schedule

SUITE, SCENARIO = "tune", "tune"


@dataclass(frozen=True, slots=True)
class TuneRequest:
    """The user's wishes: a path, a file of requests or traffic, how many at once, and what is to be better."""

    path: str | None = None
    requests: str | None = None
    imported: ImportedSuite | None = None
    connections: int = 64
    objective: Objective = "throughput"
    slo: str | None = None
    time_budget_s: float = USUAL_BUDGET_S


@dataclass(frozen=True, slots=True)
class TunePlan:
    """The suite of a tuning, and what stands in for a stacks file: its stacks, and all of a file of requests."""

    suite: Suite
    own: OwnFile


def tune_plan(application: Application, current: CurrentCommand, wanted: TuneRequest, options: RunOptions) -> TunePlan:
    """Return what is measured to tune the application; raises FieldError.

    A candidate that the current command starts already is left out.
    """
    own = requests_of(wanted, options)
    cores = len(chosen_division(options, usable_cores()).server)
    all_of_them = candidates_for(application, cores, wanted.connections)
    candidates = tuple(each for each in all_of_them if not is_current(each, current))
    if not candidates:
        raise FieldError(
            f"APP: {application.interpreter.path} can import no server that tune knows for "
            f"{application.interface.upper()} beside the current command"
        )
    load = ClosedLoop(wanted.connections, duration_s=1.5, warmup_s=0.5)
    scenario = Scenario(SCENARIO, tuple(own.requests.values()), load, f"{wanted.connections} connections")
    settings = TuneSettings(
        application=str(application.name),
        interface=application.interface,
        python=str(application.interpreter.path),
        origin=current.origin,
        candidates=candidates,
        objective=wanted.objective,
        slo=wanted.slo,
        budget_s=wanted.time_budget_s,
    )
    stacks = tune_stacks(application, current, candidates)
    about = f"Which command serves {application.name} best: {settings.goal}."
    suite = Suite(
        *(SUITE, about, CURRENT, tuple(stacks), FEWEST_BLOCKS, (scenario,)),
        most_blocks=FEWEST_BLOCKS,
        search=settings,
        setup=own.setup,
        database=own.database,
    )
    return TunePlan(suite, replace(own, stacks=stacks))


def tune_options(options: RunOptions, plan: TunePlan, wanted: TuneRequest) -> RunOptions:
    """Return the options of the run: its stacks alone, and a candidate that cannot be measured is left out."""
    return replace(options, stacks=tuple(plan.own.stacks), stacks_file=wanted.requests, keep_going=True)


def requests_of(wanted: TuneRequest, options: RunOptions) -> OwnFile:
    """Return what is sent.

    Raises FieldError for what contradicts itself, cannot be read, or leaves no time for the smallest schedule.
    """
    if wanted.slo is not None:
        try:
            parse_slo(wanted.slo)
        except ValueError as error:
            raise FieldError(f"--slo: {error}") from error
    if options.launcher != "local":
        raise FieldError(f"--launcher: {options.launcher} has no interpreter of yours: local")
    smallest_s = schedule(1, 0.0, LAUNCH_S["local"], SUPPOSED_REQUEST_S).seconds
    if wanted.time_budget_s < smallest_s:
        raise FieldError(f"--time-budget: at least {smallest_s:.0f} s are needed to confirm one candidate")
    return tune_requests(wanted.path, wanted.requests, wanted.imported)
