"""The comparison of two commits as a comment on a pull request: the answer, the figures, and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.analysis.detectable_change import CHANGE, OUT_OF_REACH, detectable_change
from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.aa_pair import is_twin, twin_of
from stackduel.model.comparison import Comparison
from stackduel.model.histogram import percentile_ms
from stackduel.model.run import Run
from stackduel.model.trial import Failure, Trial
from stackduel.report.markdown.markup import escape, item, paragraph, table
from stackduel.report.sections.blocks import Grid
from stackduel.report.sections.figures import DASH, comparison_word, figure, speedup_text

PR_FILE = "pr.md"
# The comment is to be read at a glance: all else is in the report.
MOST_LINES = 39
MOST_SCENARIOS = 12
MOST_FAILURES = 4
MOST_CONDITIONS = 4
HEADINGS = ("request", "base req/s", "head req/s", "head / base", "verdict", "p99 ms", "CPU ms", "memory MiB", "failed")


@dataclass(frozen=True, slots=True)
class CommitTitles:
    """The title of each side: ``main (1a2b3c4d5e): its subject``; and the names of both as stacks."""

    base: str = ""
    head: str = ""
    base_name: str = "base"
    head_name: str = "head"


def render(run: Run, titles: CommitTitles, judged: Sequence[ConditionResult], enough: str | None = None) -> str:
    """Return the comment, of less than 40 lines; all that came from outside is escaped.

    ``enough`` is the time, as an option takes it, that would find a change of 10 %, if this one could not.
    """
    lines = [
        "## stackduel: head against base",
        "",
        f"**{escape(_answer(run))}**",
        "",
        *_table(run, titles),
        *map(item, _facts(run, titles, judged, enough)),
    ]
    return "\n".join(lines[:MOST_LINES]) + "\n"


def _answer(run: Run) -> str:
    """Return the answer in a sentence: what head is on each request, the worst first."""
    if run.status == "interrupted":
        return "Interrupted before the end."
    found = _candidates(run)
    if not found:
        return "Nothing could be compared."
    for verdict, word in (("slower", "slower"), ("faster", "faster")):
        those = [each for each in found if each.verdict == verdict]
        if those:
            others = f" on {len(those)} of {len(found)} requests" if len(found) > 1 else ""
            extreme = (min if verdict == "slower" else max)(those, key=lambda each: each.speedup)
            return f"head is {word}{others}: {_speed(extreme)}"
    if all(each.verdict == "equivalent" for each in found):
        return f"No difference: head is as fast as base, {_speed(found[0])}" if len(found) == 1 else "No difference."
    return f"No difference was shown; {_possible(found)}."


def _possible(found: Sequence[Comparison]) -> str:
    """Return which difference there may be all the same, of the widest interval."""
    known = [(each.high / each.low, each) for each in found if each.low and each.high]
    if not known:
        return "there may be one"
    _, widest = max(known, key=lambda each: each[0])
    on = f" on {widest.scenario}" if len(found) > 1 else ""
    return f"head may have from {widest.low:.2f} to {widest.high:.2f} times the speed of base{on}"


def _speed(compared: Comparison) -> str:
    named = f" on {compared.scenario}"
    return (
        f"{speedup_text(compared)} the speed{named}."
        if compared.size != "uncertain"
        else f"how much is uncertain{named}."
    )


def _candidates(run: Run) -> list[Comparison]:
    return [each for each in run.comparisons if not is_twin(each.candidate)]


def _table(run: Run, titles: CommitTitles) -> Iterator[str]:
    scenarios = run.suite.scenarios[:MOST_SCENARIOS]
    rows = tuple(_row(run, scenario.name, titles) for scenario in scenarios if run.has_measured)
    if rows:
        yield from (*table(Grid("", HEADINGS, rows, frozenset({"request", "verdict"}))), "")
    if len(run.suite.scenarios) > len(scenarios):
        yield from (paragraph(f"And {len(run.suite.scenarios) - len(scenarios)} more requests: see report.html."), "")


def _row(run: Run, scenario: str, titles: CommitTitles) -> tuple[str, ...]:
    base, head = run.trials(scenario, titles.base_name), run.trials(scenario, titles.head_name)
    compared = next((each for each in _candidates(run) if each.scenario == scenario), None)
    return (
        scenario,
        _median(each.rate_rps for each in base),
        _median(each.rate_rps for each in head),
        speedup_text(compared),
        comparison_word(compared) if compared else DASH,
        _both(_p99(base), _p99(head)),
        _both(_median(each.cpu_ms_per_request for each in base), _median(each.cpu_ms_per_request for each in head)),
        _both(_memory(base), _memory(head)),
        _both(_failed(base), _failed(head)),
    )


def _both(base: str, head: str) -> str:
    """Return a figure of both sides, once where they look alike."""
    return base if base == head else f"{base} → {head}"


def _median(values: Iterable[float | None]) -> str:
    return figure(median_of_known(values))


def _p99(trials: Sequence[Trial]) -> str:
    return _median(percentile_ms(each.measurement.latency, 0.99) for each in trials)


def _memory(trials: Sequence[Trial]) -> str:
    return _median(each.cost.memory_peak_mib if each.cost else None for each in trials)


def _failed(trials: Sequence[Trial]) -> str:
    requests, failed = (
        sum(each.measurement.requests for each in trials),
        sum(each.measurement.failed for each in trials),
    )
    return f"{100 * failed / requests:.2g} %" if requests and failed else ("0" if requests else DASH)


def _facts(run: Run, titles: CommitTitles, judged: Sequence[ConditionResult], enough: str | None) -> Iterator[str]:
    yield from (each.sentence for each in judged[:MOST_CONDITIONS])
    yield from _failures(run)
    yield f"base is {titles.base}"
    yield f"head is {titles.head}"
    yield from _twin(run, titles)
    yield from _how(run)
    yield from _resolution(run, enough)


def _failures(run: Run) -> Iterator[str]:
    reasons = dict.fromkeys(
        f"{each.place.stack} was not measured: {' | '.join(each.reason.split(chr(10)))}"
        for each in run.results
        if isinstance(each, Failure) and not is_twin(each.place.stack)
    )
    yield from list(reasons)[:MOST_FAILURES]


def _twin(run: Run, titles: CommitTitles) -> Iterator[str]:
    twins = [each for each in run.comparisons if each.candidate == twin_of(titles.base_name)]
    if twins:
        worst = max(twins, key=lambda each: (each.high or each.speedup) / (each.low or each.speedup))
        yield f"base against itself, measured in the same way (the A/A pair): {speedup_text(worst)}"


def _how(run: Run) -> Iterator[str]:
    windows = {scenario.windows for scenario in run.suite.scenarios if scenario.windows}
    if windows and any(isinstance(each, Trial) for each in run.results):
        each = f"{min(windows)}" if len(windows) == 1 else f"{min(windows)} to {max(windows)}"
        yield (
            f"{run.suite.blocks} launches of each side, {each} windows in each, in turn with those of the others; "
            "intervals of 95 % confidence over all requests together"
        )


def _resolution(run: Run, enough: str | None) -> Iterator[str]:
    change = detectable_change(run.comparisons)
    if change is None:
        return
    if change.is_resolved:
        yield f"Launches enough to find a change of {100 * CHANGE:g} % almost always"
        return
    if change.is_out_of_reach:
        yield f"A change of {100 * CHANGE:g} % may be missed: {OUT_OF_REACH}"
        return
    more = f"; try --time-budget {enough}" if enough else ""
    yield f"A change of {100 * CHANGE:g} % may be missed: that takes {change.needed} launches{more}"
