"""What a reader must know before relying on the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.analysis.trial_gates import NOTED_ONLY
from stackduel.model.aa_pair import is_twin
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.trial import Failure
from stackduel.report.sections.blocks import Section, Sentences
from stackduel.report.sections.counted_trials import all_trials
from stackduel.report.sections.figures import speedup_text
from stackduel.report.sections.head_to_head import missing


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
    void = [trial for trial in all_trials(run) if trial.state == "void"]
    if void:
        lines.append(
            f"{counted(len(void), 'attempt')} at a trial did not count, because of the host or the load generator."
        )
    lines += _of_shared_cores(run)
    noisy = sorted({trial.place.stack for trial in all_trials(run) if trial.state == "noisy"})
    if noisy:
        lines.append(f"Measured on a noisy host, and no basis for a verdict: trials of {', '.join(noisy)}.")
    unsteady = sorted({trial.place.stack for trial in all_trials(run) if trial.measurement.warmup.stable is False})
    if unsteady:
        lines.append(f"Still changing when the warm-up reached its bound: trials of {', '.join(unsteady)}.")
    failures = [result for result in run.results if isinstance(result, Failure)]
    if failures:
        lines.append(f"{counted(len(failures), 'trial')} could not be measured: see the reasons.")
    return lines


def _of_shared_cores(run: Run) -> Iterable[str]:
    """Yield which gates would have voided trials if the server did not share the generator's cores."""
    noted = Counter(
        gate.name for trial in all_trials(run) for gate in trial.gates if gate.ok and gate.detail.endswith(NOTED_ONLY)
    )
    if noted:
        of_each = ", ".join(f"{name} {count}" for name, count in noted.items())
        yield f"These trials failed a check. Server and generator share cores, so it is only a note: {of_each}."


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
