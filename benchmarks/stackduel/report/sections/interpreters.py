"""The interpreters of the stacks: Python, GIL, JIT and packages; and each interpreter beside the first one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis.interpreter_pairs import interpreter_pairs
from stackduel.model.aa_pair import is_twin
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.interpreter_name import label_of, references, stack_of
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Block, Grid, Paragraph, Section
from stackduel.report.sections.figures import DASH, comparison_word, speedup_text

HEADINGS = ("stacks", "Python", "build", "GIL", "JIT")
PAIR_HEADINGS = ("scenario", "stack", "on", "instead of", "speedup", "verdict")
JIT = {"none": "not in this build", "off": "off", "on": "on"}
EVERY = "all"


@dataclass(frozen=True, slots=True)
class SharedInterpreter:
    """An interpreter with its packages, and the stacks that run on it."""

    stacks: tuple[str, ...]
    facts: InterpreterFacts


def sections(run: Run) -> Iterator[Section]:
    """Yield the interpreters of a run whose stacks run on several, and how much faster each is than the first one."""
    pairs = references(run.stacks)
    if not pairs:
        return
    blocks: list[Block] = [interpreter_grid(run)] if run.environment.interpreters else []
    # With one stack the table of results says the same.
    if len(set(map(stack_of, pairs))) > 1 and (grid := _pair_grid(run)):
        blocks.append(grid)
        blocks.append(Paragraph("Each stack beside itself on the first interpreter; above 1 is better."))
    if blocks:
        yield Section("interpreters", "Interpreters", tuple(blocks))


def blocks(run: Run) -> Iterator[Block]:
    """Yield what each stack runs on, and the versions of its packages, for the section of the environment."""
    if not run.environment.interpreters:
        return
    yield interpreter_grid(run)
    shared = [each for each in shared_interpreters(run) if each.facts.packages]
    names = sorted({name for each in shared for name in each.facts.packages})
    if names:
        rows = tuple((name, *(each.facts.packages.get(name, DASH) for each in shared)) for name in names)
        headings = ("package", *(_who(run, each.stacks) for each in shared))
        yield Grid("Packages that the stacks run on", headings, rows, frozenset(headings))


def interpreter_lines(run: Run) -> Iterator[str]:
    """Yield in a line what the stacks ran on: by stack where they ran on several."""
    # Two of one version, in environments of their own, are told apart by their packages in the report.
    ran: dict[str, tuple[str, ...]] = {}
    for each in shared_interpreters(run):
        told = _told(each.facts)
        ran[told] = (*ran.get(told, ()), *each.stacks)
    if ran:
        yield f"Interpreters: {'; '.join(f'{_who(run, stacks)} on {told}' for told, stacks in ran.items())}."


def _told(facts: InterpreterFacts) -> str:
    """Return an interpreter, with the state of its GIL and its JIT where they are not the usual ones."""
    unusual = [f"GIL {gil_text(facts)}"] if facts.free_threaded else []
    unusual += [f"JIT {facts.jit}"] if facts.jit != "none" else []
    return f"{facts.title} ({', '.join(unusual)})" if unusual else facts.title


def interpreter_grid(run: Run) -> Grid:
    """Return a row for each interpreter of a run."""
    rows = tuple(
        (_who(run, each.stacks), each.facts.title, each.facts.build or DASH, gil_text(each.facts), JIT[each.facts.jit])
        for each in shared_interpreters(run)
    )
    return Grid("What the stacks run on", HEADINGS, rows, frozenset(HEADINGS))


def gil_text(facts: InterpreterFacts) -> str:
    """Return whether a stack runs with the GIL, and why if its build could do without."""
    if facts.gil_forced_by:
        return f"on: {facts.gil_forced_by} needs it"
    return "on by a setting" if facts.free_threaded and facts.gil == "on" else facts.gil


def shared_interpreters(run: Run) -> tuple[SharedInterpreter, ...]:
    """Return the interpreters of a run with all stacks that share each: same facts, and no package in two versions."""
    found: list[SharedInterpreter] = []
    for name, facts in (run.environment.interpreters or {}).items():
        if is_twin(name):
            continue
        place = next((number for number, each in enumerate(found) if _is_shared(each.facts, facts)), None)
        if place is None:
            found.append(SharedInterpreter((name,), facts))
        else:
            before = found[place]
            packages = {**before.facts.packages, **facts.packages}
            found[place] = SharedInterpreter((*before.stacks, name), replace(before.facts, packages=packages))
    return tuple(found)


def _is_shared(one: InterpreterFacts, other: InterpreterFacts) -> bool:
    alike = replace(one, packages={}, other_packages=0) == replace(other, packages={}, other_packages=0)
    return alike and _count(one) == _count(other) and _agree(one.packages, other.packages)


def _count(facts: InterpreterFacts) -> int:
    """Return how many packages the environment holds: two environments rarely hold equally many."""
    return len(facts.packages) + facts.other_packages


def _agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(other.get(name, version) == version for name, version in one.items())


def _who(run: Run, stacks: Sequence[str]) -> str:
    everybody = {name for name in run.environment.interpreters or () if not is_twin(name)}
    return EVERY if len(everybody) > 1 and set(stacks) == everybody else ", ".join(stacks)


def _pair_grid(run: Run) -> Grid | None:
    rows = tuple(
        (
            each.scenario,
            stack_of(each.candidate),
            label_of(each.candidate),
            label_of(each.baseline),
            speedup_text(each),
            comparison_word(each),
        )
        for each in interpreter_pairs(run)
    )
    words = frozenset({"scenario", "stack", "on", "instead of", "verdict"})
    return Grid("Every stack on another interpreter", PAIR_HEADINGS, rows, words) if rows else None
