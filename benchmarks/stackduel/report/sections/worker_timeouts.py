"""The effect of Gunicorn's worker timeout on a stack under load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.stream_metrics import figures_of
from stackduel.model.aa_pair import original_of
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.trial import Trial, counting_trials
from stackduel_servers.start_variables import WORKER_TIMEOUT_S


def worker_timeout_sentences(run: Run) -> Iterator[str]:
    """Yield a sentence for each stack whose workers were killed for their timeout, with what became of its streams."""
    trials = counting_trials(run.results)
    for name, facts in run.stacks.items():
        own = [each for each in trials if original_of(each.place.stack) == name and each.worker_timeouts]
        if own:
            killed = counted(sum(each.worker_timeouts or 0 for each in own), "worker")
            yield (
                f"{name}: Gunicorn killed {killed} or more under load, which gave no sign of life for "
                f"{_timeout(facts)} (WORKER TIMEOUT in its log). A sync worker gives none until the end of its answer: "
                f"{_cut(own)}"
            )


def _timeout(facts: StackFacts) -> str:
    value = (facts.settings or {}).get(WORKER_TIMEOUT_S.name)
    return f"its timeout of {value} s" if value else "its timeout (--timeout)"


def _cut(trials: Sequence[Trial]) -> str:
    figures = figures_of(trials)
    if figures is None or not figures.cut:
        return "what it was answering was lost."
    most, fewest = max(figures.cut_short), min(figures.cut_short)
    after = f"{fewest:,} events" if most == fewest else f"{fewest:,} to {most:,} events"
    return f"{counted(figures.cut, 'stream')} ended after {after}, and {figures.completed:,} came to their end."
