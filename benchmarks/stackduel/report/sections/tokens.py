"""The tokens of models and of their gateways: how many a second, what one costs, and which streams were good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from stackduel.analysis.service_levels import level_text
from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.analysis.stream_metrics import cpu_us_per_token, figures_of, goodput_per_s, tokens_per_s
from stackduel.model.aa_pair import is_twin
from stackduel.model.run import Run
from stackduel.model.stream_bounds import StreamBounds
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import Scenario
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Grid, Section, Sentences
from stackduel.report.sections.figures import DASH, figure

HEADINGS = ("stack", "tokens/s", "an event", "counted by", "goodput/s", "kept", "CPU us a token")
BY_EVENTS = (
    "Where no server says how many tokens it sent (`usage`), each event counts as one token, which may be several: "
    "then TPOT is a time between events."
)


def sections(run: Run) -> Iterator[Section]:
    """Yield a table a scenario whose answers are a model's."""
    asked = (scenario for scenario in run.suite.scenarios if _is_of_a_model(scenario))
    blocks = tuple(block for scenario in asked for block in _blocks(run, scenario))
    if blocks:
        yield Section("tokens", "Tokens", blocks)


def _is_of_a_model(scenario: Scenario) -> bool:
    return any(workload.stream == "openai" for workload in scenario.workloads)


def _blocks(run: Run, scenario: Scenario) -> Iterator[Block]:
    measured = [(stack, run.trials(scenario.name, stack)) for stack in run.stacks if not is_twin(stack)]
    rows = [_row(stack, trials, scenario) for stack, trials in measured if trials]
    if not rows:
        return
    yield Grid(f"{scenario.name}: tokens", HEADINGS, tuple(rows), frozenset({"stack", "counted by"}))
    levels = [level for level in scenario.sla if StreamBounds.of((level,)) is not None]
    if levels:
        bounds = " and ".join(level_text(level.name, level.bound) for level in levels)
        yield Sentences((f"Goodput counts the streams that kept each bound by themselves: {bounds}.",))
    if any("events" in row[3] for row in rows):
        yield Sentences((BY_EVENTS,))


def _row(stack: str, trials: Sequence[Trial], scenario: Scenario) -> tuple[str, ...]:
    figures = figures_of(trials)
    if figures is None:
        return (stack, *(DASH for _ in HEADINGS[1:]))
    bounded = StreamBounds.of(scenario.sla) is not None
    ended = sum(trial.measurement.requests for trial in trials)
    return (
        stack,
        _median(trials, tokens_per_s),
        figure(figures.tokens_per_event or 1.0),
        _counted_by(figures),
        _median(trials, goodput_per_s) if bounded else DASH,
        f"{100 * figures.kept / ended:.3g} %" if bounded and ended else DASH,
        _median(trials, cpu_us_per_token),
    )


def _median(trials: Sequence[Trial], value: Callable[[Trial], float | None]) -> str:
    return figure(median_of_known(map(value, trials)))


def _counted_by(figures: StreamFigures) -> str:
    if not figures.told:
        return "events"
    if figures.told == figures.completed:
        return "server"
    return f"server in {figures.told:,} of {figures.completed:,}, events"
