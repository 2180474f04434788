"""The answer of a run in one sentence: the advice, or what a search measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackduel.analysis.advice_sentences import suspicion
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.tune_settings import TuneSettings
from stackduel.report.sections.client_cells import leaving_sentences, slow_sentences
from stackduel.report.sections.figures import speedup_words
from stackduel.report.sections.loss_answers import loss_sentences
from stackduel.report.sections.pair import mean_speedup, pair_of
from stackduel.report.sections.search_winners import SearchWinner, in_a_sentence, winners


@dataclass(frozen=True, slots=True)
class Headline:
    """The one sentence with its ``reason``, those below it, and a ``label`` that says what it is and of what."""

    sentence: str
    more: tuple[str, ...] = ()
    label: str = "Answer"
    reason: str = ""


def title(run: Run) -> str:
    """Return what kind of run it was, and whether it is complete."""
    counts = [counted(len(run.stacks if run.suite.search else run.suite.stacks), "stack")]
    counts.append(counted(len(run.suite.compared), "scenario"))
    done = len(run.done())
    if isinstance(run.suite.search, AblationSettings):
        return _title_of_ablation(run, run.suite.search)
    if isinstance(run.suite.search, ScalingSettings):
        return _title_of_scaling(run, run.suite.search)
    if run.suite.search:
        # Cold starts are launches, and have no trials.
        counts += [counted(done, "trial")] if done else []
        text = f"{run.suite.name}: {', '.join(counts)}, seed {run.seed}"
        return text if run.status == "complete" else f"{text}; {run.status}"
    text = f"{run.suite.name}: {', '.join(counts)}, {counted(run.suite.blocks, 'block')}, seed {run.seed}"
    if run.status != "complete" or done < run.planned:
        text += f"; {run.status}: {done} of {run.planned} trials measured"
    return text


def _title_of_ablation(run: Run, settings: AblationSettings) -> str:
    count = len(settings.switches)
    scenarios = counted(len(run.suite.scenarios), "scenario")
    text = f"{settings.ablated}: {count} switch{'' if count == 1 else 'es'}, {scenarios}, seed {run.seed}"
    if run.status != "complete" or len(run.done()) < run.planned:
        text += f"; {run.status}: {len(run.done())} of {run.planned} trials measured"
    return text


def _title_of_scaling(run: Run, settings: ScalingSettings) -> str:
    stacks, scenarios = counted(len(settings.stacks), "stack"), counted(len(run.suite.scenarios), "scenario")
    blocks = counted(run.suite.blocks, "block")
    text = f"{run.suite.name}: {stacks} on {settings.counts_text}, {scenarios}, {blocks}, seed {run.seed}"
    if run.status != "complete" or len(run.done()) < run.planned:
        text += f"; {run.status}: {len(run.done())} of {run.planned} trials measured"
    return text


def answer(run: Run) -> Headline:
    """Return the answer of a run, even if it was interrupted."""
    if run.suite.search:
        return _of_search(run)
    lines = advice_lines(run)
    if not lines or not lines[0]:
        nothing = "Nothing was measured from which advice could follow."
        return Headline(f"No advice: the run is {run.status}.", (nothing,), "Advice")
    reason = (run.advice.run.reason if run.advice else None) or ""
    return Headline(lines[0], (*lines[1:], *_untested(run)), _label(run), reason)


def _label(run: Run) -> str:
    scenarios, compared = len(run.suite.compared), len(run.advice.scenarios) if run.advice else 0
    if scenarios == 1 or not compared:
        return "Advice"
    if compared < scenarios:
        return f"Advice for {compared} of {scenarios} scenarios, as nothing could be compared in the others"
    return f"Advice for {'both' if scenarios == 2 else f'all {scenarios}'} scenarios"


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
    return [first, *(f"For {_listed(names)} alone: {sentence}" for sentence, names in others.items())]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"each of {', '.join(names)}"


def _untested(run: Run) -> Iterator[str]:
    """Yield the speedup of the pair so far, or what speaks against it, where the advice is that nothing was tested."""
    pair = pair_of(run)
    if pair is None or run.advice is None or run.advice.run.kind != "not tested":
        return
    compared = [each for each in run.comparisons if (each.baseline, each.candidate) == (pair.first, pair.second)]
    if not compared:
        return
    ordered = sorted(compared, key=lambda each: each.speedup)
    if any(each.suspected for each in compared):
        yield from (f"{suspicion(each)}." for each in compared if each.suspected)
        return
    text = f"So far {pair.second} is at {mean_speedup(compared):.2f}x of {pair.first}'s speed"
    if len(ordered) > 1:
        ends = (f"{speedup_words(each)} in {each.scenario}" for each in (ordered[0], ordered[-1]))
        text += f" in the mean of {counted(len(ordered), 'scenario')}, from {' to '.join(ends)}"
    yield f"{text}."


def _of_search(run: Run) -> Headline:
    """Return the best stack by the main figure of each scenario, or who lost requests; of one stack its own result."""
    main: dict[str, SearchWinner] = {}
    for each in winners(run):
        main.setdefault(each.scenario, each)
    if isinstance(run.suite.search, TuneSettings) and run.findings:
        return Headline(run.findings[0].found.sentence)
    told = (*loss_sentences(run), *leaving_sentences(run), *slow_sentences(run))
    sentences = told or tuple(map(in_a_sentence, main.values()))
    results = tuple(f"{each.subject}: {each.found.sentence}" for each in run.findings)
    if sentences:
        return Headline(sentences[0], sentences[1:])
    if isinstance(run.suite.search, AblationSettings) and results:
        first, *more = (f"{each.scenario}: {each.found.sentence}" for each in run.findings)
        return Headline(first, tuple(more))
    if len(results) == 1:
        return Headline(results[0])
    if results:
        return Headline(f"The result of the {_kind(run)}, stack by stack:", results)
    return Headline(f"No result: the run is {run.status}.")


def _kind(run: Run) -> str:
    return "scaling" if isinstance(run.suite.search, ScalingSettings) else "search"
