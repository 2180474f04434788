"""The answer of a run in one sentence: the advice, or what a search measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.report.sections.figures import speedup_text
from stackduel.report.sections.pair import mean_speedup, pair_of
from stackduel.report.sections.search_winners import SearchWinner, in_a_sentence, winners


@dataclass(frozen=True, slots=True)
class Headline:
    """The one sentence, and those below it."""

    sentence: str
    more: tuple[str, ...] = ()


def title(run: Run) -> str:
    """Return what kind of run it was, and whether it is complete."""
    counts = [counted(len(run.stacks if run.suite.search else run.suite.stacks), "stack")]
    counts.append(counted(len(run.suite.scenarios), "scenario"))
    done = len(run.done())
    if run.suite.search:
        # Cold starts are launches, and have no trials.
        counts += [counted(done, "trial")] if done else []
        text = f"{run.suite.name}: {', '.join(counts)}, seed {run.seed}"
        return text if run.status == "complete" else f"{text}; {run.status}"
    text = f"{run.suite.name}: {', '.join(counts)}, {counted(run.suite.blocks, 'block')}, seed {run.seed}"
    if run.status != "complete" or done < run.planned:
        text += f"; {run.status}: {done} of {run.planned} trials measured"
    return text


def answer(run: Run) -> Headline:
    """Return the answer of a run, even if it was interrupted."""
    if run.suite.search:
        return _of_search(run)
    lines = advice_lines(run)
    if not lines or not lines[0]:
        return Headline(
            f"No advice: the run is {run.status}.", ("Nothing was measured from which advice could follow.",)
        )
    return Headline(lines[0], (*lines[1:], *_untested(run)))


def advice_lines(run: Run) -> list[str]:
    """Return the advice for the run, then any other advice with the scenarios it is for."""
    if run.advice is None:
        return []
    first = run.advice.run.sentence
    others: dict[str, list[str]] = {}
    scenarios = run.advice.scenarios
    for name, each in scenarios.items() if len(scenarios) > 1 else ():
        others.setdefault(each.sentence, []).append(name)
    others.pop(first, None)
    return [first, *(f"{', '.join(names)}: {sentence}" for sentence, names in others.items())]


def _untested(run: Run) -> Iterator[str]:
    """Yield the speedup of the pair so far, where the advice is that nothing was tested."""
    pair = pair_of(run)
    if pair is None or run.advice is None or run.advice.run.kind != "not tested":
        return
    compared = [each for each in run.comparisons if (each.baseline, each.candidate) == (pair.first, pair.second)]
    if not compared:
        return
    ordered = sorted(compared, key=lambda each: each.speedup)
    text = f"So far {pair.second} is at {mean_speedup(compared):.2f}x of {pair.first}'s speed"
    if len(ordered) > 1:
        ends = (f"{speedup_text(each)} in {each.scenario}" for each in (ordered[0], ordered[-1]))
        text += f" in the mean of {counted(len(ordered), 'scenario')}, from {' to '.join(ends)}"
    yield f"{text}."


def _of_search(run: Run) -> Headline:
    """Return the best stack by the main figure of each scenario; of a single stack its own result."""
    main: dict[str, SearchWinner] = {}
    for each in winners(run):
        main.setdefault(each.scenario, each)
    sentences = tuple(map(in_a_sentence, main.values()))
    results = tuple(f"{each.stack}: {each.found.sentence}" for each in run.findings)
    if sentences:
        return Headline(sentences[0], sentences[1:])
    if len(results) == 1:
        return Headline(results[0])
    if results:
        return Headline("The result of the search, stack by stack:", results)
    return Headline(f"No result: the run is {run.status}.")
