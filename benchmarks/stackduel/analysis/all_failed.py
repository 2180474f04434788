"""The sentence on a trial of which every request failed: its first line in short, then a sample of the answers."""

from __future__ import annotations

from stackduel.analysis.failure_shares import commonest_failure
from stackduel.model.counted import counted
from stackduel.model.measurement import Measurement, Outcome
from stackduel.model.suite import Load
from stackduel.model.trial import Trial


def all_failed_text(trial: Trial, wanted: Load) -> str:
    """Return how the requests of a trial failed; a second line has a wrong answer, if one came complete."""
    load = trial.measurement
    outcome = Outcome(commonest_failure([trial]) or Outcome.STATUS)
    count = load.outcomes.get(outcome, 0)
    most = "with" if count == load.requests else f"{count:,} of them with"
    within = f" within {load.duration_s:.1f} s" if _ended_early(load, wanted) else ""
    said = (
        f"all {load.requests:,} requests failed{within}, {most} {_named(outcome)} ({_meaning(outcome)}), "
        "and it was not measured again"
    )
    if trial.worker_timeouts:
        killed = counted(trial.worker_timeouts, "worker")
        said = (
            f"{said}; Gunicorn killed {killed} that gave no sign of life for its --timeout (WORKER TIMEOUT in its log)"
        )
    if trial.sample is None:
        return f"{said}; no complete answer came"
    return f"{said}\na sample answer: {trial.sample}"


def all_failed_with(reason: str, outcome: Outcome) -> bool:
    """Return whether a sentence made here says that most requests failed with this outcome."""
    return f" {_named(outcome)} (" in reason.partition("\n")[0]


def _named(outcome: Outcome) -> str:
    return f"the outcome {outcome}"


def _ended_early(load: Measurement, wanted: Load) -> bool:
    """Return whether the window was closed before its end."""
    if wanted.duration_s is None:
        return load.requests < (wanted.requests or 0)
    # A window is never shorter by itself.
    return load.duration_s < 0.99 * wanted.duration_s


def _meaning(outcome: Outcome) -> str:
    text = outcome.meaning.rstrip(".")
    return text[0].lower() + text[1:]
