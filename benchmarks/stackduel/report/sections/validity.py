"""Trials that do not count, or count only as noisy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from stackduel.analysis.loosened_gates import loosened_bounds, noted_only, trials_by_looser_bounds
from stackduel.analysis.trial_gates import is_lower_bound
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.trial import Result, Trial
from stackduel.report.sections.blocks import Block, Paragraph, Section, Sentences
from stackduel.report.sections.counted_trials import all_trials
from stackduel.report.sections.figures import figure


def sections(run: Run) -> Iterator[Section]:
    """Yield each attempt that did not pass its gates, with its reason."""
    if run.results:
        yield Section("void", "Trials that do not count", tuple(_blocks(run)))


def _blocks(run: Run) -> Iterator[Block]:
    trials = all_trials(run)
    doubtful = [each for each in run.results if each.state not in {"ok", "failed"}]
    if not doubtful:
        yield Paragraph(f"None: {_passed(run, trials)}")
        return
    yield from (Paragraph(line) for line in loosened_lines(run))
    yield Paragraph(
        "The host or the load generator disturbed them. Void ones were repeated and count nowhere; noisy ones are the "
        "quietest of three attempts, and give no size; where the load generator alone was the limit, the rate is a "
        "lower bound. Every attempt stands in trials.csv."
    )
    yield Sentences(tuple(void_lines(run)))


def _passed(run: Run, trials: Sequence[Trial]) -> str:
    """Return how all trials passed: every check, some of them by looser bounds, or with checks that are only noted."""
    noted = sum(bool(noted_only(each)) for each in trials)
    lines = loosened_lines(run)
    if noted:
        shared = "Server and generator share their cores, so a failed check of these is only noted"
        lines = [f"{shared}: {noted} of them failed one.", *lines]
    if lines:
        return f"all {len(trials)} trials count. {' '.join(lines)}"
    return f"all {len(trials)} trials passed every check of the host and of the load generator."


def loosened_lines(run: Run) -> list[str]:
    """Return which bounds of gates are looser than the method's, and how many trials count only because of that."""
    loosened = loosened_bounds(run.options.gates)
    if not loosened:
        return []
    bounds = ", ".join(f"{each.name} {each.bound:g} instead of {each.default:g}" for each in loosened)
    trials = counted(trials_by_looser_bounds(run), "trial")
    return [f"Bounds of gates were loosened ({bounds}): by the method's own bounds {trials} would not count."]


def void_lines(run: Run) -> list[str]:
    """Return where trials do not count, or were kept in spite of noise: how many, and the latest reason."""
    places: dict[tuple[str, str], list[Result]] = {}
    for trial in (each for each in run.results if each.state != "failed"):
        places.setdefault((trial.place.scenario, trial.place.stack), []).append(trial)
    return [
        f"{scenario}, {stack}: of {counted(len(trials), 'attempt')} {_states(trials)}. The latest: {_reason(trials)}"
        for (scenario, stack), trials in places.items()
        if any(trial.state != "ok" for trial in trials)
    ]


def _states(trials: Sequence[Result]) -> str:
    counts = Counter(trial.state for trial in trials)
    return ", ".join(f"{counts[state]} {state}" for state in ("void", "noisy") if counts[state])


def _reason(trials: Sequence[Result]) -> str:
    latest = next(trial for trial in reversed(trials) if trial.state != "ok")
    if isinstance(latest, Trial) and is_lower_bound(latest):
        return f"{latest.reason} At least {figure(latest.rate_rps)} req/s."
    return str(latest.reason)
