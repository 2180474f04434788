"""The first and the last words of the Markdown report: what to do, what failed, and how far to trust it (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import WORTH_NAMING, HeadToHead
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.trial import Failure
from stackduel.report.markdown.markup import code, escape, item
from stackduel.report.sections.pair import Pair, mean_speedup
from stackduel.report.sections.result_table import speedup_text
from stackduel.report.sections.search_winners import Won, in_a_sentence, won


def head_lines(run: Run, pair: Pair | None, found: Sequence[HeadToHead]) -> Iterator[str]:
    """The advice in a sentence, and in which scenarios it is another one."""
    if run.suite.search:
        yield from _of_searches(run)
        return
    if run.advice is None:
        yield f"**No advice: the run is {escape(run.status)}.**"
        return
    sentence = run.advice.run.sentence
    yield f"**{escape(sentence)}**"
    others: dict[str, list[str]] = {}
    for name, each in run.advice.scenarios.items():
        others.setdefault(each.sentence, []).append(name)
    others.pop(sentence, None)
    told = [item(f"{', '.join(names)}: {each}") for each, names in others.items()]
    if pair and found and run.advice.run.kind == "not tested":
        told += [item(text) for text in _untested(run, pair)]
    if told:
        yield from ("", *told)


def caveats(found: Sequence[HeadToHead]) -> Iterator[str]:
    """What holds for all that is said of a pair."""
    if not any(duel.tested for duel in found):
        yield f"Nothing here is tested, as that takes {FEWEST_BLOCKS} blocks: whoever is named was ahead, no more."
    noisy = [duel.scenario.name for duel in found if duel.noisy]
    if noisy and any(duel.tested for duel in found):
        yield f"The host was busy with other things in {', '.join(noisy)}: whoever is named there leads, no more."


def failure_lines(run: Run) -> Iterator[str]:
    """Which stacks could not be measured where: in how many trials, and the latest reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in run.results:
        if isinstance(each, Failure):
            found.setdefault((each.place.stack, each.place.scenario), []).append(each.reason)
    for (stack, scenario), reasons in found.items():
        where = f"{stack}, {scenario}: {counted(len(reasons), 'trial')} not measured"
        latest = " The latest:" if len(set(reasons)) > 1 else ""
        yield f"{item(where)}.{latest} {code(reasons[-1])}"


def how_to_read(run: Run, found: Sequence[HeadToHead]) -> Iterator[str]:
    """How the figures came about, and where there is more."""
    if any(duel.tested for duel in found):
        yield (
            "Two stacks, figure by figure: figures are of all blocks together; a ratio is that of the figures within "
            "each block, in the mean over the blocks, with an interval whose confidence of 95 % is that of all rows of "
            "its table together. A row has a winner where that leaves out 1, and else is a tie."
        )
    elif found:
        yield (
            "Two stacks, figure by figure: a ratio is the mean over the blocks; whoever is ahead by "
            f"{100 * (WORTH_NAMING - 1):.0f} % is named, and the next run may name the other."
        )
    yield (
        "A dash is what was not measured, or of which too few requests tell. More of it, and charts, in report.html "
        f"beside this file; every trial in run.json; what each figure is, in docs/method.md. Run {run.run_id}."
    )


def _untested(run: Run, pair: Pair) -> Iterator[str]:
    """Where the pair stands all the same."""
    compared = [each for each in run.comparisons if (each.baseline, each.candidate) == (pair.first, pair.second)]
    if not compared:
        return
    ordered = sorted(compared, key=lambda each: each.speedup)
    text = f"So far {pair.second} is at {mean_speedup(compared):.2f}x of {pair.first}'s speed"
    if len(ordered) > 1:
        ends = (f"{speedup_text(each)} in {each.scenario}" for each in (ordered[0], ordered[-1]))
        text += f" in the mean of {counted(len(ordered), 'scenario')}, from {' to '.join(ends)}"
    yield f"{text}."


def _of_searches(run: Run) -> Iterator[str]:
    """Who is best by the main figure of each scenario."""
    main: dict[str, Won] = {}
    for each in won(run):
        main.setdefault(each.scenario, each)
    if main:
        yield from (f"- **{escape(in_a_sentence(each))}**" for each in main.values())
    elif run.findings:
        yield from (item(f"{each.stack}: {each.found.sentence}") for each in run.findings)
    else:
        yield f"**Nothing was found: the run is {escape(run.status)}.**"
