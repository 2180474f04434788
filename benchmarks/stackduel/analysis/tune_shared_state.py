"""Whether an application keeps state that its threads share unsafely: shown by wrong answers, never by a guess."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.all_failed import all_failed_with
from stackduel.model.measurement import Outcome
from stackduel.model.run import Run
from stackduel.model.trial import Failure, Result, Trial
from stackduel.model.tune_settings import CURRENT, TuneCandidate, TuneSettings, round_name

WRONG = (Outcome.WRONG_BODY, Outcome.WRONG_LENGTH)


def shared_state_text(run: Run, settings: TuneSettings) -> str | None:
    """Return the sentence on answers that are wrong wherever a process serves several requests at once.

    None unless all candidates that do so gave wrong answers, and neither the current command nor any candidate that
    serves one request a process gave one, nor failed in another way: then it may be the load.
    """
    several = [each for each in settings.candidates if _serves_several(each) and _attempts(run, each.stack)]
    one = [each for each in settings.candidates if not _serves_several(each) and _attempts(run, each.stack)]
    if not several or not one or not all(_answers_wrong(run, each.stack) for each in several):
        return None
    if any(_fails(result) for stack in (CURRENT, *(each.stack for each in one)) for result in _attempts(run, stack)):
        return None
    where = "the one candidate that serves" if len(several) == 1 else f"all {len(several)} candidates that serve"
    where_not = "not on the one that serves" if len(one) == 1 else f"on none of the {len(one)} that serve"
    return (
        f"Under load the answers are wrong on {where} several requests at once in a process, and {where_not} one: the "
        "application keeps state that its threads share, and that is not safe to share."
    )


def _serves_several(candidate: TuneCandidate) -> bool:
    return candidate.slots is None or candidate.slots > candidate.workers


def _attempts(run: Run, stack: str) -> tuple[Result, ...]:
    """Return all attempts in the screening and the confirmation that were not void."""
    return tuple(each for scenario in _scenarios(run) for each in run.attempts(scenario, stack) if each.state != "void")


def _scenarios(run: Run) -> Iterator[str]:
    name = run.suite.scenarios[0].name
    number = 1
    while any(each.place.scenario == round_name(name, number) for each in run.results):
        yield round_name(name, number)
        number += 1
    yield name


def _answers_wrong(run: Run, stack: str) -> bool:
    return any(_gave_wrong_answers(each) for each in _attempts(run, stack))


def _gave_wrong_answers(result: Result) -> bool:
    if isinstance(result, Failure):
        return any(all_failed_with(result.reason, outcome) for outcome in WRONG)
    return any(result.measurement.outcomes.get(outcome, 0) for outcome in WRONG)


def _fails(result: Result) -> bool:
    return not isinstance(result, Trial) or bool(result.measurement.failed)
