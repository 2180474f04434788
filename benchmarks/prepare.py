"""From what the user asked to what will be measured: the suite, the stacks and their order."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.budget import Budget, divide
from benchmarks.catalog import read_suite
from benchmarks.device import device_of
from benchmarks.fields import FieldError
from benchmarks.fit import fit
from benchmarks.inference.preparation import asking_own, needs_triton, without_triton
from benchmarks.observe.host import can_pin, usable_cores
from benchmarks.options import RunOptions
from benchmarks.plan import AnyStep, Pace, plan
from benchmarks.search.modes import search_seconds, unfit
from benchmarks.search.settings import ColdStartSettings, SoakSettings
from benchmarks.shortfall import shortfall
from benchmarks.stacks import Registered, Stack, registered_stacks
from benchmarks.stacks_file import OwnFile, read_own_file
from benchmarks.stats.intervals import FEWEST_BLOCKS
from benchmarks.suite import Load, OpenLoop, Scenario, Suite, Workload
from benchmarks.suite_file import MAX_REQUESTS
from benchmarks.twin import twin_of
from servers.models.device import agreement

PORTABLE_BASELINE = "flask-waitress"
LAUNCH_S = {"local": 1.2, "docker": 3.5, "compose": 0.5, "url": 0.2}
TRITON_S = 4.0
OWN_BLOCKS = FEWEST_BLOCKS
MODELS = "/infer/"


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a run needs before anything is started; ``notes`` are for the report, and ``device`` is
    what models are computed on, None where that is not this run's to say.

    ``stacks`` and ``paces`` hold the baseline's twin, too, where there is one: the same stack by another name.
    """

    suite: Suite
    stacks: Mapping[str, Stack]
    baseline: str
    seed: int
    budget: Budget
    steps: tuple[AnyStep, ...]
    paces: Mapping[str, Pace]
    secrets: tuple[str, ...]
    notes: tuple[str, ...]
    device: str | None = None

    @property
    def search_s(self) -> float:
        """About how long the searches will take, where the suite has any."""
        settings = self.suite.search
        if settings is None:
            return 0.0
        return sum(
            search_seconds(settings, scenario, pace)
            for pace in self.paces.values()
            for scenario in self.suite.scenarios
        )


def prepare(
    options: RunOptions, seed: int, running: frozenset[str] | None = None, suite: Suite | None = None
) -> Prepared:
    """Resolve the options; ``running`` names the stacks that an attached project has up.

    A ``suite`` stands in the place of the one that the options name. Raises FieldError, naming the field
    and what it may be.
    """
    own = read_own_file(Path(options.stacks_file)) if options.stacks_file else OwnFile({}, {}, (), ())
    known = {**registered_stacks(), **own.stacks}
    suite = suite or _suite(options, own)
    if options.duration_s is not None and not isinstance(suite.search, SoakSettings):
        raise FieldError(f"--duration: for suites of mode soak only, and {suite.name} is none")
    if options.memory_mib is not None:
        suite = replace(suite, memory_mib=options.memory_mib)
    if suite.search is not None:
        suite = _soaking(suite, options)
        _refuse_what_only_compares(options, suite)
    notes: list[str] = []
    if options.model is not None:
        suite = asking_own(suite, Path(options.model))
        notes.append(f"Every model is the user's own {Path(options.model).name}, given numbers of its declared shape.")
    names = _names(options, suite, own, known, running, notes)
    baseline = options.baseline or _baseline(suite, names, known)
    if baseline not in names:
        raise FieldError(f"--baseline: {baseline} is not among the stacks of this run: {', '.join(names)}")
    stacks = {name: known[name] for name in names}
    _refuse_grpc_over_http(options, stacks)
    suite = replace(suite, stacks=names, baseline=baseline)
    if suite.isolated and options.launcher not in {"local", "docker"}:
        suite = replace(suite, isolated=False)
        notes.append(f"No model is measured alone: --launcher {options.launcher} starts no process of its own.")
    if options.blocks is not None:
        suite = replace(suite, blocks=options.blocks, most_blocks=options.blocks, precision=None)
    budget = divide(usable_cores(), suite.memory_mib, shared=suite.shared_cores)
    notes += [budget.note] if budget.note else []
    if not can_pin() and options.launcher == "local":
        notes.append(
            f"{sys.platform} cannot bind processes to cores: servers and generator disturb each other. "
            "For a real comparison use --launcher docker."
        )
    if suite.search is None and len(stacks) > 1 and (options.time_budget_s or suite.blocks >= FEWEST_BLOCKS):
        stacks[twin_of(baseline)] = stacks[baseline]
    paces = {name: _pace(stack, options, len(budget.server)) for name, stack in stacks.items()}
    if options.time_budget_s is not None:
        suite = _fitted(suite, paces, options.time_budget_s, notes)
    chosen = device_of(options)
    device = chosen.device if chosen else None
    notes += [chosen.note] if chosen and chosen.note and _asks_models(suite) else []
    suite = _agreeing(suite, agreement(device))
    steps = plan(suite, tuple(stacks), seed)
    return Prepared(suite, stacks, baseline, seed, budget, steps, paces, own.secrets, tuple(notes), device)


def _asks_models(suite: Suite) -> bool:
    """Whether any request is one to a model: no other is any matter of a GPU's."""
    return any(workload.target.startswith(MODELS) for scenario in suite.scenarios for workload in scenario.workloads)


def _agreeing(suite: Suite, tolerance: float) -> Suite:
    """The suite with numbers that may differ by at least so much: a GPU's are not the CPU's to the last digit."""

    def allowed(workload: Workload) -> Workload:
        if workload.tolerance is None:
            return workload
        return replace(workload, tolerance=max(workload.tolerance, tolerance))

    scenarios = (replace(each, workloads=tuple(map(allowed, each.workloads))) for each in suite.scenarios)
    return replace(suite, scenarios=tuple(scenarios))


def _soaking(suite: Suite, options: RunOptions) -> Suite:
    """A soak for as long as the user asks, with the memory budget of the run; raises FieldError."""
    if not isinstance(suite.search, SoakSettings):
        return suite
    scenarios = suite.scenarios
    if options.duration_s is not None:
        scenarios = tuple(replace(each, load=replace(each.load, duration_s=options.duration_s)) for each in scenarios)
        for scenario in scenarios:
            load = scenario.load
            if isinstance(load, OpenLoop) and load.rate_rps * options.duration_s > MAX_REQUESTS:
                raise FieldError(f"--duration: at most {MAX_REQUESTS} requests may arrive in all ({scenario.name})")
    return replace(suite, scenarios=scenarios, search=replace(suite.search, memory_mib=suite.memory_mib))


def _refuse_grpc_over_http(options: RunOptions, stacks: Mapping[str, Stack]) -> None:
    """The gRPC driver can ask no other stacks; for those that speak it it is chosen anyway. Raises FieldError."""
    for name, stack in stacks.items():
        if options.driver == "grpc" and stack.protocol != "kserve-grpc":
            raise FieldError(
                f"--driver: grpc is for stacks of protocol kserve-grpc, and {name} speaks {stack.protocol}"
            )


def _refuse_what_only_compares(options: RunOptions, suite: Suite) -> None:
    """A search chooses its loads and how often it repeats them; raises FieldError."""
    mode = suite.search.mode if suite.search else ""
    for name, value in (("--blocks", options.blocks), ("--time-budget", options.time_budget_s)):
        if value is not None:
            raise FieldError(f"{name}: not for suites of mode {mode}, which end when they have found what they seek")
    if isinstance(suite.search, ColdStartSettings) and options.launcher not in {"local", "docker"}:
        raise FieldError(f"--launcher: mode {mode} launches stacks itself: local or docker")
    for scenario in suite.scenarios:
        reason = unfit(suite.search, scenario) if suite.search else None
        if reason:
            raise FieldError(f"suite {suite.name}: {reason}")


def _fitted(suite: Suite, paces: Mapping[str, Pace], budget_s: float, notes: list[str]) -> Suite:
    try:
        fitted = fit(suite, paces, budget_s)
    except ValueError as error:
        raise FieldError(f"--time-budget: {error}") from error
    notes.append(fitted.sentence)
    return fitted.suite


def prepare_all(options: RunOptions, running: frozenset[str] | None = None) -> Prepared:
    """As ``prepare``, but without a choice of stacks all that there are and that can run here; for verification.

    One block of each, and so without a twin.
    """
    options = replace(options, blocks=1)
    if options.stacks is not None:
        return prepare(options, 0, running)
    own = read_own_file(Path(options.stacks_file)).stacks if options.stacks_file else {}
    known = own or registered_stacks()
    names = tuple(
        name
        for name, stack in known.items()
        if (running is None or name in running)
        and (options.launcher != "local" or shortfall(stack) is None)
        and (options.launcher != "docker" or not _is_local_only(stack))
    )
    names, _ = without_triton(names, known, options.launcher, named=False)
    return prepare(replace(options, stacks=names), 0, running)


def _is_local_only(stack: Stack) -> bool:
    return isinstance(stack.source, Registered) and stack.source.entry.profile == "local"


def _suite(options: RunOptions, own: OwnFile) -> Suite:
    if options.suite or not own.requests:
        return read_suite(options.suite or "quick")
    scenarios = tuple(
        Scenario(f"{name}-{_told_apart(load)}" if len(own.loads) > 1 else name, (workload,), load)
        for name, workload in own.requests.items()
        for load in own.loads
    )
    return Suite("own", "The requests of your own stacks file.", "", (), OWN_BLOCKS, scenarios, most_blocks=OWN_BLOCKS)


def _told_apart(load: Load) -> str:
    return f"{load.rate_rps:g}rps" if isinstance(load, OpenLoop) else str(load.connections)


def _names(
    options: RunOptions,
    suite: Suite,
    own: OwnFile,
    known: Mapping[str, Stack],
    running: frozenset[str] | None,
    notes: list[str],
) -> tuple[str, ...]:
    if options.stacks is not None:
        wanted = tuple(dict.fromkeys(options.stacks))
        for name in wanted:
            if name not in known:
                raise FieldError(f"--stacks: {name!r} is unknown; stackduel list shows all stacks")
        return _that_serve(wanted, options, known, notes, named=True)
    wanted = tuple(dict.fromkeys((*suite.stacks, *own.stacks)))
    for name in wanted:
        if name not in known:
            raise FieldError(f"suite {suite.name}: stacks: {name!r} is unknown")
    if running is not None:
        wanted = _only(wanted, running, "not up in the project", notes)
    if options.launcher == "local":
        here = [name for name in wanted if _runs_here(known[name])]
        if len(here) < len(wanted) and PORTABLE_BASELINE not in here:
            here.insert(0, PORTABLE_BASELINE)
        wanted = _only((*here, *(set(wanted) - set(here))), frozenset(here), f"do not run on {sys.platform}", notes)
    wanted = _that_serve(wanted, options, known, notes, named=False)
    if not wanted:
        raise FieldError("--stacks: none is left to be measured")
    return wanted


def _that_serve(
    wanted: tuple[str, ...], options: RunOptions, known: Mapping[str, Stack], notes: list[str], *, named: bool
) -> tuple[str, ...]:
    """Without the stacks that need a Triton which is not here, or which has not the user's model."""
    if options.model is not None:
        able = frozenset(name for name in wanted if not needs_triton(known[name]))
        if named and len(able) < len(wanted):
            raise FieldError(f"--model: Triton does not serve it: {', '.join(sorted(set(wanted) - able))}")
        return _only(wanted, able, "served by Triton, which has models of its own", notes)
    able_here, note = without_triton(wanted, known, options.launcher, named=named)
    notes += [note] if note else []
    return able_here


def _only(wanted: tuple[str, ...], allowed: frozenset[str], why: str, notes: list[str]) -> tuple[str, ...]:
    missing = [name for name in wanted if name not in allowed]
    if missing:
        notes.append(f"Left out, because they are {why}: {', '.join(sorted(missing))}.")
    return tuple(name for name in wanted if name in allowed)


def _runs_here(stack: Stack) -> bool:
    return not isinstance(stack.source, Registered) or sys.platform in stack.source.entry.platforms


def _baseline(suite: Suite, names: tuple[str, ...], known: Mapping[str, Stack]) -> str:
    if suite.baseline in names:
        return suite.baseline
    marked = [name for name in names if known[name].tier == "baseline"]
    return marked[0] if marked else names[0]


def _pace(stack: Stack, options: RunOptions, cores: int) -> Pace:
    launch_s = LAUNCH_S[options.launcher]
    if isinstance(stack.source, Registered):
        entry = stack.source.entry
        slots = entry.waiting_slots(entry.worker_count(cores))
        fans_out = entry.holds == "nothing" or "fanout" in entry.app
        return Pace(launch_s + _companion_s(stack), slots, fans_out, cores)
    return Pace(launch_s, cores=cores)


def _companion_s(stack: Stack) -> float:
    """What a Triton takes longer to start than a server in Python."""
    return TRITON_S if needs_triton(stack) else 0.0
