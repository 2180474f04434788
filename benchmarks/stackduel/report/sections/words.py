"""The sentences of a report, computed from a run (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from stackduel.analysis.comparisons import NO_BENEFIT, MatrixEntry, migrations
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.analysis.trial_gates import NOTED_ONLY
from stackduel.model.aa_pair import is_twin
from stackduel.model.counted import counted
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.run import Run
from stackduel.model.trial import Failure, Trial
from stackduel.report.sections.head_to_head import missing
from stackduel.report.sections.result_table import figure, speedup_text

WITHOUT_MIGRATION = frozenset({"baseline", "settings", "worker-class", "code"})


def headline(run: Run) -> str:
    """What kind of run it was, and whether it is whole."""
    if run.suite.search:
        return _headline_of_search(run)
    done = len(run.done())
    counts = (counted(len(run.suite.stacks), "stack"), counted(len(run.suite.scenarios), "scenario"))
    text = f"{run.suite.name}: {', '.join(counts)}, {counted(run.suite.blocks, 'block')}, seed {run.seed}"
    if run.status != "complete" or done < run.planned:
        text += f"; {run.status}: {done} of {run.planned} trials measured"
    return text


def _headline_of_search(run: Run) -> str:
    counts = [counted(len(run.stacks), "stack"), counted(len(run.suite.scenarios), "scenario")]
    # Cold starts are launches, and have no trials.
    counts += [counted(len(run.done()), "trial")] if run.done() else []
    text = f"{run.suite.name}: {', '.join(counts)}, seed {run.seed}"
    return text if run.status == "complete" else f"{text}; {run.status}"


def matrix_lines(run: Run) -> list[str]:
    """The migration matrix's word on each stack; a change that is no migration is called what it is."""
    by_name = {each.candidate: each for each in migrations(run.comparisons)}
    return [_matrix_line(by_name[name], run.stacks[name].tier) for name in run.stacks if name in by_name]


def _matrix_line(found: MatrixEntry, tier: str) -> str:
    over = counted(found.scenarios, "scenario")
    return f"{found.candidate} ({tier}): {figure(found.mean_speedup)}x mean over {over} - {word_on(found, tier)}"


def word_on(found: MatrixEntry, tier: str) -> str:
    """The matrix's word, or what the change is instead of a migration."""
    if tier == "control":
        return "a wrong migration, shown as a control"
    if tier in WITHOUT_MIGRATION and found.word != NO_BENEFIT:
        return "gained without a migration"
    return found.word


def matrix_note(run: Run) -> str:
    """How the matrix's figures are to be read."""
    tested = {comparison.low is not None for comparison in run.comparisons if not is_twin(comparison.candidate)}
    if tested == {True, False}:
        return "Read at the lower end of each interval; where there is none, at the point estimate."
    return (
        "Point estimates: not tested for significance."
        if False in tested
        else "Read at the lower end of each interval."
    )


def advice_lines(run: Run) -> list[str]:
    """The advice on the run, and on each of several scenarios where it says anything else."""
    if run.advice is None:
        return []
    lines = [run.advice.run.sentence]
    scenarios = run.advice.scenarios
    if len(scenarios) > 1:
        lines += [f"{name}: {each.sentence}" for name, each in scenarios.items() if each.sentence != lines[0]]
    return lines


def shown_curves(run: Run) -> list[CrossoverCurve]:
    """The crossover curves that a reader needs: those of the stack advised, and of the best.

    They are about requests that wait; where all of them keep a model at work, nobody needs any.
    """
    if all(workload.model for scenario in run.suite.scenarios for workload in scenario.workloads):
        return []
    advice = run.advice.run if run.advice else None
    wanted = dict.fromkeys(name for name in (advice.stack, advice.best) if name) if advice else ()
    return [curve for name in wanted for curve in run.curves if curve.candidate == name]


def limit_lines(run: Run) -> list[str]:
    """What binds each stack in each scenario, predicted beside measured."""
    return [f"{each.scenario}, {each.stack}: {each.sentence}" for each in run.limits if not is_twin(each.stack)]


def void_lines(run: Run) -> list[str]:
    """Where trials do not count, or were kept in spite of the host's noise: how many, and the latest reason."""
    places: dict[tuple[str, str], list[Trial]] = {}
    for trial in _trials(run):
        places.setdefault((trial.place.scenario, trial.place.stack), []).append(trial)
    return [
        f"{scenario}, {stack}: of {counted(len(trials), 'attempt')} {_states(trials)}. The latest: {_reason(trials)}"
        for (scenario, stack), trials in places.items()
        if any(trial.state != "ok" for trial in trials)
    ]


def _states(trials: Sequence[Trial]) -> str:
    counts = Counter(trial.state for trial in trials)
    return ", ".join(f"{counts[state]} {state}" for state in ("void", "noisy") if counts[state])


def _reason(trials: Sequence[Trial]) -> str:
    return next(str(trial.reason) for trial in reversed(trials) if trial.state != "ok")


def notes(run: Run) -> list[str]:
    """What a reader must know before believing the figures."""
    found = [note for note in run.environment.notes if note]
    found += _of_tests(run)
    no_duel = missing(run)
    found += [no_duel] if no_duel else []
    void = [trial for trial in _trials(run) if trial.state == "void"]
    if void:
        found.append(f"{counted(len(void), 'attempt')} at a trial did not count, for reasons of the host or generator.")
    found += _of_shared_cores(run)
    noisy = sorted({trial.place.stack for trial in _trials(run) if trial.state == "noisy"})
    if noisy:
        found.append(f"Kept in spite of the host's noise, and no ground for a verdict: trials of {', '.join(noisy)}.")
    unsteady = sorted({trial.place.stack for trial in _trials(run) if trial.measurement.warmup.stable is False})
    if unsteady:
        found.append(f"Still changing when the warm-up reached its bound: trials of {', '.join(unsteady)}.")
    failures = [result for result in run.results if isinstance(result, Failure)]
    if failures:
        found.append(f"{counted(len(failures), 'trial')} could not be measured: see the reasons.")
    return found


def _of_shared_cores(run: Run) -> Iterable[str]:
    """Which gates would have voided trials, had the server not shared the generator's cores."""
    noted = Counter(
        gate.name for trial in _trials(run) for gate in trial.gates if gate.ok and gate.detail.endswith(NOTED_ONLY)
    )
    if noted:
        of_each = ", ".join(f"{name} {count}" for name, count in noted.items())
        yield f"Trials in which a gate was over its bound, which on shared cores is only noted: {of_each}."


def _of_tests(run: Run) -> Iterable[str]:
    """What the verdicts rest on: the A/A pair, or why there are none."""
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


def _trials(run: Run) -> Iterable[Trial]:
    return (result for result in run.results if isinstance(result, Trial))
