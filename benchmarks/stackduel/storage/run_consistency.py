"""Whether the parts of a stored run agree: what each figure refers to is there, and every figure is possible."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from stackduel.analysis.gates import Thresholds
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.budget import MOST_CORES
from stackduel.model.measurement import Outcome
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Place, Trial

# No plan has more; a larger number would be counted to.
MOST_MONEY = 1e30
MOST_BLOCKS = 10_000
MOST_CONNECTIONS = 10_000
MOST_PLANNED = 100_000_000
# As runs are named; it stands in paths, addresses and messages.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_OUTCOMES = frozenset(Outcome)
# Beyond any figure that was ever measured, and small enough to be multiplied.
LARGEST = 1e18
# Below any figure that is not 0, and large enough to divide by.
SMALLEST = 1e-100


def check_numbers(content: Any, where: str = "$") -> None:
    """Raise ValueError with the place of a number that is no figure: not finite, or beyond all bounds."""
    if isinstance(content, Mapping):
        for name, each in content.items():
            check_numbers(each, f"{where}.{name}")
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for number, each in enumerate(content):
            check_numbers(each, f"{where}[{number}]")
    elif isinstance(content, int | float) and not _is_possible(content):
        raise ValueError(f"no possible figure - at `{where}`")


def _is_possible(figure: float) -> bool:
    return figure == 0 or (math.isfinite(figure) and SMALLEST <= abs(figure) <= LARGEST)


def check_run(run: Run) -> None:
    """Raise ValueError with the first part of a run that contradicts another."""
    for fault in _faults(run):
        raise ValueError(fault)


def _faults(run: Run) -> Iterator[str]:
    if not _ID.fullmatch(run.run_id):
        yield "id: up to 128 letters, digits, dots, dashes and underscores, of which the first is a letter or a digit"
    if not _is_moment(run.started):
        yield "started: must be a date and time with its zone, such as 2026-01-02T03:04:05+00:00"
    scenarios = {each.name for each in run.suite.scenarios}
    yield from _faults_of_suite(run)
    for place in run.results:
        yield from _faults_of_place(place.place, run, scenarios)
    for number, trial in enumerate(run.results):
        if isinstance(trial, Trial):
            yield from (f"{fault} - at `$.trials[{number}]`" for fault in _faults_of_trial(trial))
    for name, stacks in (
        ("comparisons", [stack for each in run.comparisons for stack in (each.baseline, each.candidate)]),
        ("findings", [each.stack for each in run.findings]),
        ("slas", [each.stack for each in run.slas]),
        ("costs", [each.stack for each in run.costs]),
        ("limits", [each.stack for each in run.limits]),
        ("ceiling_shares", [each.stack for each in run.ceiling_shares]),
        ("crossover", [each.candidate for each in run.curves]),
    ):
        yield from (f"{name}: no stack {stack!r}" for stack in stacks if stack not in run.stacks)
    for curve in run.curves:
        size = len(curve.connections)
        lengths = {len(curve.notable_s), *map(len, curve.speedups)}
        if lengths != {size} or len(curve.speedups) != len(curve.waits_s):
            yield f"crossover: {curve.scenario}, {curve.candidate}: rows and columns do not fit"
    for cost in run.costs:
        known = [figure for figure in (cost.per_million, cost.low, cost.high) if figure is not None]
        if not all(0 <= figure <= MOST_MONEY for figure in known):
            yield f"costs: {cost.scenario}, {cost.stack}: from 0 to {MOST_MONEY:g}"
    for each in run.comparisons:
        figures = (each.speedup, each.low, each.high)
        if each.scenario not in scenarios or any(figure is not None and figure <= 0 for figure in figures):
            yield f"comparisons: {each.scenario}, {each.candidate}: no such scenario, or a speedup that is not above 0"


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _faults_of_suite(run: Run) -> Iterator[str]:
    suite = run.suite
    if run.baseline not in run.stacks:
        yield f"baseline: no stack {run.baseline!r}"
    if not suite.scenarios or len({each.name for each in suite.scenarios}) < len(suite.scenarios):
        yield "suite: no scenario, or two of one name"
    if not (0 < suite.blocks <= MOST_BLOCKS and 0 <= suite.most_blocks <= MOST_BLOCKS):
        yield f"suite: blocks: from 1 to {MOST_BLOCKS}"
    if run.planned > MOST_PLANNED:
        yield f"planned: at most {MOST_PLANNED}"
    if not isinstance(run.environment.launch.get("images", {}), Mapping):
        yield "environment: launch: images: must be a table"
    unknown = sorted(set(run.options.gates) - {each.name for each in fields(Thresholds)})
    yield from (f"options: gates: no gate has the bound {name!r}" for name in unknown)
    yield from (f"suite: stacks: no stack {name!r}" for name in suite.stacks if name not in run.stacks)
    match suite.search:
        case AblationSettings() as settings:
            yield from _faults_of_ablation(run, settings)
        case ScalingSettings() as scaling:
            yield from _faults_of_scaling(run, scaling)
    for scenario in suite.scenarios:
        load = scenario.load
        lengths = (load.duration_s, load.rate_rps if isinstance(load, OpenLoop) else load.requests)
        if (
            not 0 < load.connections <= MOST_CONNECTIONS
            or any(each is not None and each <= 0 for each in lengths)
            or (not isinstance(load, OpenLoop) and lengths.count(None) != 1)
        ):
            yield f"suite: {scenario.name}: a load that cannot be sent"
        if not scenario.workloads:
            yield f"suite: {scenario.name}: no request"
        judged: dict[str, set[str]] = {}
        for each in run.slas:
            if each.scenario == scenario.name:
                judged.setdefault(each.stack, set()).add(each.name)
        wanted = {each.name for each in scenario.sla}
        yield from (
            f"slas: {scenario.name}, {stack}: other levels" for stack, found in judged.items() if found != wanted
        )


def _faults_of_ablation(run: Run, settings: AblationSettings) -> Iterator[str]:
    arms = {arm.name for arm in settings.arms}
    if run.suite.blocks > len(settings.blocks) or not settings.blocks:
        yield "suite: search: more blocks than it has arms for"
    for name in {*arms, *(name for block in settings.blocks for name in block)}:
        if name not in arms or name not in run.stacks:
            yield f"suite: search: no arm {name!r}"


def _faults_of_scaling(run: Run, settings: ScalingSettings) -> Iterator[str]:
    arms = {arm.name for arm in settings.arms}
    yield from (f"suite: search: no arm {name!r}" for name in sorted(arms ^ set(run.stacks)))
    if not arms or any(not 1 <= arm.cores <= MOST_CORES for arm in settings.arms):
        yield f"suite: search: arms: at least one, of 1 to {MOST_CORES} cores"


def _faults_of_place(place: Place, run: Run, scenarios: set[str]) -> Iterator[str]:
    # A search names each of its trials by the scenario and the load that it tried.
    if place.stack not in run.stacks:
        yield f"trials: no stack {place.stack!r}"
    if place.scenario not in scenarios and place.scenario.rpartition("@")[0] not in scenarios:
        yield f"trials: no scenario {place.scenario!r}"
    if not (place.block <= MOST_BLOCKS and place.attempt <= MOST_BLOCKS):
        yield f"trials: a block or an attempt above {MOST_BLOCKS}"


def _faults_of_trial(trial: Trial) -> Iterator[str]:
    load = trial.measurement
    if not load.duration_s > 0:
        yield "duration_s: must be above 0"
    if load.succeeded + load.failed > load.requests or load.completed > load.requests:
        yield "more answers than requests"
    if any(each is not None and each < 0 for each in _costs(trial)):
        yield "a cost below 0"
    yield from (f"no outcome {name!r}" for name in load.outcomes if name not in _OUTCOMES)
    if load.succeeded and not load.latency.count:
        yield "answers without latencies"


def _costs(trial: Trial) -> tuple[float | None, ...]:
    cost, gpu = trial.cost, trial.gpu
    of_gpu = (gpu.utilisation_mean, gpu.memory_peak_mib, gpu.power_mean_w) if gpu else ()
    return (
        *((cost.cpu_s, cost.memory_peak_mib) if cost else ()),
        trial.downstream_cpu_s,
        trial.proxy_cpu_s,
        trial.null_rate_rps,
        *of_gpu,
    )
