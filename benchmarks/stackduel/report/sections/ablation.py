"""The effect of each switch of an ablated stack: a chart and a table per scenario, and what was not measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.search_results.ablation import Ablation, Effect, Measure, SwitchEffects
from stackduel.model.suite import Scenario
from stackduel.report.sections.ablation_charts import tornado
from stackduel.report.sections.blocks import Block, Grid, Heading, Legend, Meaning, Paragraph, Section, Sentences
from stackduel.report.sections.figures import DASH
from stackduel.report.sections.scenarios import described

HEADINGS: Mapping[Measure, str] = {
    "throughput": "req/s %",
    "p99": "p99 %",
    "cpu": "CPU %",
    "p95": "p95 %",
    "p50": "p50 %",
    "memory": "memory %",
    "mean": "mean %",
}
# What a narrow form leaves out, the first one first.
LEAST_NEEDED = ("mean %", "memory %", "p50 %", "p95 %", "CPU %", "p99 %")
TOGETHER = "all on, none off"
BEYOND = "beyond their product"
# Interactions that chance makes less often than this are shown.
SHOWN = 0.05
MEANINGS = (
    Meaning(
        "%",
        "the change from off to on, the mean over all ways to set the other switches, with an interval of 95 % "
        "confidence for all switches of a column together",
        frozenset(HEADINGS.values()),
    ),
)


def sections(run: Run) -> Iterator[Section]:
    """Yield the effects of the switches with their charts, of a run that ablated a stack."""
    yield from _sections(run, charts=True)


def tables_alone(run: Run) -> Iterator[Section]:
    """Yield the same without charts, for a form that shows their figures as tables."""
    yield from _sections(run, charts=False)


def findings_of(run: Run) -> Iterator[tuple[Scenario, Ablation]]:
    """Yield the scenarios of an ablation that have a result."""
    found = {each.scenario: each.found for each in run.findings if isinstance(each.found, Ablation)}
    yield from ((each, found[each.name]) for each in run.suite.scenarios if each.name in found)


def _sections(run: Run, *, charts: bool) -> Iterator[Section]:
    settings = run.suite.search
    if not isinstance(settings, AblationSettings):
        return
    blocks: list[Block] = [Paragraph(f"What each switch of {settings.ablated} does, from off to on.")]
    shown = list(findings_of(run))
    for scenario, found in shown:
        blocks += [Heading(scenario.name), *described(scenario)]
        blocks += tornado(found) if charts else []
        blocks += [effects_grid(scenario.name, found), Sentences(tuple(_remarks(found)))]
    if shown:
        headings = tuple(HEADINGS.values())
        blocks += [Legend(headings, MEANINGS), *_explained([found for _, found in shown], settings)]
    else:
        blocks.append(Paragraph("Too few trials were measured to tell any effect."))
    if settings.unmeasured:
        lines = tuple(f"{each.name} ({each.title}): {each.reason}." for each in settings.unmeasured)
        blocks += [Heading("Not measured"), Sentences(lines)]
    yield Section("results", "Results", tuple(blocks))


def effects_grid(scenario: str, found: Ablation) -> Grid:
    """Return a row for each switch, the strongest first, then all together and what that is beyond their product."""
    ordered = sorted(found.switches, key=_weakness)
    together = (SwitchEffects(TOGETHER, found.whole), SwitchEffects(BEYOND, found.beyond))
    listed = (*ordered, *found.interactions, *(each for each in together if each.effects))
    rows = tuple((each.switch, *(cell(each.of(measure)) for measure in HEADINGS)) for each in listed)
    caption = f"From off to on in {scenario}"
    headings = ("switch", *HEADINGS.values())
    return Grid(caption, headings, rows, frozenset({"switch"}), least_needed=LEAST_NEEDED).without_empty_columns()


def cell(effect: Effect | None) -> str:
    """Return a change in per cent with its interval; a dash where it was not measured."""
    if effect is None:
        return DASH
    value, low, high = (100 * (ratio - 1) for ratio in (effect.ratio, effect.low, effect.high))
    digits = 0 if max(abs(value), high - low) >= 20 else 1
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def _weakness(each: SwitchEffects) -> float:
    effect = each.of("throughput")
    return 0.0 if effect is None else -effect.strength


def _remarks(found: Ablation) -> Iterator[str]:
    yield f"{found.sentence} {found.trials} of {found.planned} trials measured."
    if found.noisy:
        were, them = ("was", "it") if found.noisy == 1 else ("were", "them")
        yield (
            f"{counted(found.noisy, 'trial')} {were} kept in spite of the host's noise: read no size from {them}, "
            f"and no claim is judged by {them}."
        )
    if found.mixed:
        yield (
            "Too few trials of the mirror image were measured: each effect here has parts of the interactions of "
            "other pairs of switches in it."
        )
    yield from _interactions(found)


def _explained(shown: Sequence[Ablation], settings: AblationSettings) -> Iterator[Block]:
    """Yield how to read the rows of the tables."""
    lines = []
    if any(found.interactions for found in shown):
        lines.append(
            "A row with x says how large the effect of one switch is with the other on, beside that with it off: 0 "
            "where neither changes what the other does."
        )
    if any(found.beyond for found in shown):
        lines.append(
            f"{TOGETHER}: everything on against everything off, in blocks of their own. {BEYOND}: that ratio over the "
            "product of all switches' effects, other than 0 only where three or more act together: the interactions "
            "of pairs are shared out among their effects, which are means over all ways to set the others."
        )
    if settings.design == "plackett-burman" and not any(found.mixed for found in shown):
        lines.append(
            "Half of the blocks hold the design's mirror image, so that no interaction of two switches is in any "
            "switch's effect. Which two act together this design does not tell: measure them with --switch A,B."
        )
    if lines:
        yield Sentences(tuple(lines))


def _interactions(found: Ablation) -> Iterator[str]:
    """Yield for the throughput whether what a switch does depends on the others."""
    chance = found.interactions_p.get("throughput")
    if chance is None:
        return
    tests = f"chance alone makes as large ones in {100 * chance:.2g} % of runs"
    if chance < SHOWN:
        yield f"What a switch does to the throughput depends on which others are on: {tests}."
    else:
        yield f"No interaction of switches is shown in the throughput: {tests}."
