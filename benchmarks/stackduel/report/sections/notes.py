"""The notes that a reader must know before relying on the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stackduel.analysis.advice_sentences import fails_more, suspicion
from stackduel.analysis.failure_shares import TOLERATED, commonest_failure, share_failed
from stackduel.analysis.loosened_gates import noted_only
from stackduel.analysis.result_rows import tables
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.aa_pair import is_twin, original_of
from stackduel.model.comparison import Comparison
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.trial import Failure, Trial, counting_trials
from stackduel.report.sections.blocks import Section, Sentences
from stackduel.report.sections.counted_trials import all_trials
from stackduel.report.sections.figures import speedup_text
from stackduel.report.sections.head_to_head import missing
from stackduel.report.sections.validity import loosened_lines
from stackduel.report.sections.worker_timeouts import worker_timeout_sentences

# A wrong answer takes some lines, and those of further stacks are most often the same.
MOST_WRONG_ANSWERS = 3


def sections(run: Run) -> Iterator[Section]:
    """Yield the notes of a run, if it has any."""
    lines = notes(run)
    if lines:
        yield Section("notes", "Notes", (Sentences(tuple(lines)),))


def notes(run: Run) -> list[str]:
    """Return what a reader must know before relying on the figures."""
    lines = [note for note in run.environment.notes if note]
    lines += _of_tests(run)
    why_missing = missing(run)
    lines += [why_missing] if why_missing else []
    void = [result for result in run.results if result.state == "void"]
    if void:
        lost = any(isinstance(result, Failure) for result in void)
        ended = ", or a part of the sandbox ended" if lost else ""
        lines.append(
            f"{counted(len(void), 'attempt')} did not count, as the host or the load generator disturbed the "
            f"measurement{ended}."
        )
    lines += loosened_lines(run)
    lines += _of_shared_cores(run)
    lines += _of_failures(run)
    lines += _of_wrong_answers(run)
    lines += worker_timeout_sentences(run)
    noisy = sorted({trial.place.stack for trial in all_trials(run) if trial.state == "noisy"})
    if noisy:
        lines.append(
            f"The host was noisy, so the sizes of these stacks' differences are not reliable: {', '.join(noisy)}."
        )
    lines += _of_sizes(run)
    unsteady = sorted({trial.place.stack for trial in all_trials(run) if trial.measurement.warmup.stable is False})
    if unsteady:
        lines.append(f"Still changing when the warm-up reached its bound: trials of {', '.join(unsteady)}.")
    lines += _of_resent(run)
    lines += _of_costs(run)
    failures = [result for result in run.results if result.state == "failed"]
    if failures:
        lines.append(f"{counted(len(failures), 'trial')} could not be measured: see the reasons.")
    return lines


def _of_shared_cores(run: Run) -> Iterable[str]:
    """Yield which gates would have voided trials if the server did not share the generator's cores."""
    noted = Counter(name for trial in all_trials(run) for name in noted_only(trial))
    if noted:
        of_each = ", ".join(f"{name} {count}" for name, count in noted.items())
        yield f"These trials failed a check. Server and generator share cores, so it is only a note: {of_each}."


def _of_failures(run: Run) -> Iterable[str]:
    """Yield which candidates fail more requests than the baseline, whether shown or not."""
    for each in run.comparisons:
        if each.failures:
            yield f"{fails_more(each)}: it is not called faster, has no word in the matrix, and is not advised."
        elif not is_twin(each.candidate):
            yield from _of_suspicion(each) if each.suspected else _of_more_failures(run, each)


def _of_suspicion(each: Comparison) -> Iterable[str]:
    yield f"{suspicion(each)}. It is not advised until then."


def _of_more_failures(run: Run, each: Comparison) -> Iterable[str]:
    trials = run.trials(each.scenario, each.candidate)
    shares = [share_failed(own) for own in (trials, run.trials(each.scenario, each.baseline))]
    if shares[0] > shares[1] + TOLERATED:
        failed, of_baseline = (f"{100 * share:.2g} %" for share in shares)
        yield (
            f"{each.candidate} failed {failed} of its requests in {each.scenario} ({commonest_failure(trials)}), "
            f"{each.baseline} {of_baseline}: the blocks are too few, or differ too much, to show that it fails more."
        )


def _of_wrong_answers(run: Run) -> Iterable[str]:
    """Yield a wrong answer of each of the first stacks that gave any; name the other stacks."""
    first: dict[str, Trial] = {}
    for trial in all_trials(run):
        if trial.sample is not None:
            first.setdefault(original_of(trial.place.stack), trial)
    for number, (stack, trial) in enumerate(first.items()):
        if number < MOST_WRONG_ANSWERS:
            failed = f"{trial.measurement.failed:,} of {counted(trial.measurement.requests, 'request')}"
            where = f"{trial.place.scenario}, block {trial.place.block}"
            yield f"{stack} failed {failed} in {where}; one of its wrong answers: {trial.sample}"
    if rest := list(first)[MOST_WRONG_ANSWERS:]:
        yield f"Wrong answers came from {', '.join(rest)}, too."


def _of_resent(run: Run) -> Iterable[str]:
    """Yield how many requests were sent twice, those of the victims included, which no table counts."""
    counts: Counter[str] = Counter()
    for trial in counting_trials(run.results):
        victim = trial.measurement.victim
        counts[trial.place.stack] += trial.measurement.resent + (victim.resent or 0 if victim else 0)
    of_each = ", ".join(f"{stack} {count:,}" for stack, count in counts.items() if count)
    if of_each:
        yield f"Requests sent again, as the server had closed their idle connections: {of_each}."


def _of_costs(run: Run) -> Iterable[str]:
    """Yield the prices that costs are computed from, and which stacks have no cost, and why."""
    prices = run.suite.prices
    if prices is None:
        return
    unknown: dict[str, list[str]] = {}
    for each in run.costs:
        if each.reason is not None and not is_twin(each.stack):
            unknown.setdefault(each.reason, []).append(each.stack)
    if any(each.per_million is not None for each in run.costs):
        yield (
            f"Costs are of a million right answers, at {prices.cpu_hour:g} for a core and {prices.gib_hour:g} for a "
            "GiB of memory for an hour: of the CPU time that they took, and the peak memory for as long as they took."
        )
    for reason, stacks in unknown.items():
        yield f"No cost of {', '.join(dict.fromkeys(stacks))}: {reason}."


def _of_sizes(run: Run) -> Iterable[str]:
    """Yield what the words on a size mean, where they are used."""
    if any(each.size == "uncertain" for each in run.comparisons):
        yield (
            "Size uncertain: faster, or slower, in every block and by more than noise can explain; by how much is "
            "unknown. A quiet host gives the size: --wait-quiet waits for one."
        )
    rows = [(table.scenario.name, row.stack) for table in tables(run) for row in table.rows if row.at_least]
    if rows:
        names = ", ".join(f"{stack} in {scenario}" for scenario, stack in rows)
        yield f"The load generator could not saturate {names}: the true rate is at least the one shown."


def _of_tests(run: Run) -> Iterable[str]:
    """Yield which scenarios were not tested, and whether the A/A pair differs."""
    twins = [each for each in run.comparisons if is_twin(each.candidate)]
    tested = {each.scenario for each in twins if each.low is not None}
    untested = [name for name in dict.fromkeys(each.scenario for each in run.comparisons) if name not in tested]
    if untested:
        where = f" in {', '.join(untested)}" if tested else ""
        yield f"Not tested for significance{where}: that takes {FEWEST_BLOCKS} blocks and the baseline's twin in each."
    for each in twins:
        if each.verdict in {"faster", "slower"}:
            yield (
                f"{each.scenario}: the baseline differs from its own twin ({speedup_text(each)}), so something on this "
                "host favours one of two equal servers."
            )
