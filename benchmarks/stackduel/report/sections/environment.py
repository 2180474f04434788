"""The stacks, the environment, and the command to repeat the run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.report.sections import interpreters
from stackduel.report.sections.blocks import Block, Code, Grid, Paragraph, Section
from stackduel.report.sections.conditions import command_blocks

# What stands elsewhere on the page.
_ELSEWHERE = frozenset({"notes", "libraries", "interpreters"})
_LEFT_OUT = frozenset({"workers"})
_WHAT_IT_IS = frozenset({"tier", "summary", "framework", "server", "app"})
_SPELT = {"cpu": "CPU", "gpu": "GPU", "mib": "MiB", "s": "(seconds)"}


def sections(run: Run) -> Iterator[Section]:
    """Yield the host, the launcher, the budget and the versions."""
    blocks = tuple(_environment(run))
    if blocks:
        yield Section("environment", "The environment", blocks)


def stacks_sections(run: Run) -> Iterator[Section]:
    """Yield the stacks with their settings."""
    yield Section("stacks", "The stacks", tuple(_stacks(run)))


def repeat_sections(run: Run) -> Iterator[Section]:
    """Yield the exact command."""
    yield Section("repeat", "How to repeat it", tuple(_repeat(run)))


def _stacks(run: Run) -> Iterator[Block]:
    """Yield what each stack is, then its settings; those that all have in common once."""
    names = [field.name for field in fields(StackFacts)]
    known = [name for name in names if name not in _LEFT_OUT and any(_values(run, name))]
    alike = [name for name in known if len(run.stacks) > 1 and name not in _WHAT_IT_IS and _is_alike(run, name)]
    yield _grid_of(run, "What every stack is", [name for name in known if name in _WHAT_IT_IS])
    settings = [name for name in known if name not in _WHAT_IT_IS and name not in alike]
    if settings:
        yield _grid_of(run, "Settings of every stack", settings)
    if alike:
        values = (f"{_spelt(name)}: {_text(getattr(next(iter(run.stacks.values())), name))}" for name in alike)
        yield Paragraph(f"The same in all of them: {'; '.join(values)}.")


def _values(run: Run, name: str) -> list[bool]:
    return [getattr(about, name) is not None for about in run.stacks.values()]


def _is_alike(run: Run, name: str) -> bool:
    first, *others = (getattr(about, name) for about in run.stacks.values())
    return all(other == first for other in others)


def _grid_of(run: Run, caption: str, shown: Sequence[str]) -> Grid:
    rows = tuple((name, *(_text(getattr(about, key)) for key in shown)) for name, about in run.stacks.items())
    words = frozenset({"stack", *shown}) - {"worker_count", "threads", "connections", "waiting_slots"}
    return Grid(caption, ("stack", *map(_spelt, shown)), rows, frozenset(map(_spelt, words)))


def _environment(run: Run) -> Iterator[Block]:
    known = asdict(run.environment).items()
    facts = {name: value for name, value in known if name not in _ELSEWHERE and value is not None}
    if isinstance(budget := facts.get("budget"), Mapping):
        facts["budget"] = _budget_facts(budget)
    if facts:
        rows = tuple((name, text) for name, text in _flat(facts) if text)
        yield Grid("Host, launcher and budget", ("what", "value"), rows, frozenset({"what", "value"}))
    yield from interpreters.blocks(run)
    libraries = run.environment.libraries
    if libraries:
        rows = tuple(libraries.items())
        yield Grid(
            "Versions of stackduel's own packages", ("library", "version"), rows, frozenset({"library", "version"})
        )


def _budget_facts(budget: Mapping[str, Any]) -> dict[str, Any]:
    """Return the division of the cores by what a reader calls its parts; how many were asked for, if anybody did."""
    known = {name: each for name, each in budget.items() if name != "asked" or each is not None}
    spelt = {"asked": "cores asked for"}
    return {spelt.get(name, f"{name} cores" if isinstance(each, tuple) else name): each for name, each in known.items()}


def _repeat(run: Run) -> Iterator[Block]:
    yield from command_blocks(run)
    again = repeated(run)
    if again != run.command:
        yield Paragraph("The same plan in the same order:")
        yield Code(shlex.join(again))
    yield Paragraph(
        f"Run {run.run_id}, seed {run.seed}, started {run.started}. Every trial, with its histogram and its gates, "
        "stands in run.json beside this page."
    )
    images = run.environment.launch.get("images", {})
    if images:
        rows = tuple((str(name), _text(digest)) for name, digest in images.items())
        yield Grid("Images", ("stack", "digest"), rows, frozenset({"stack", "digest"}))


def repeated(run: Run) -> tuple[str, ...]:
    """Return the command that measures the same plan again: with the seed, and from the beginning."""
    command = list(run.command)
    for place, word in enumerate(command):
        if word == "--resume":
            # --resume names a folder; the suite is in it.
            command[place : place + 2] = [run.suite.name]
            break
        if word.startswith("--resume="):
            command[place] = run.suite.name
            break
    seeded = any(word == "--seed" or word.startswith("--seed=") for word in command)
    return tuple(command if seeded else [*command, "--seed", str(run.seed)])


def _flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value with the names that lead to it."""
    for name, each in value.items():
        where = f"{before}{_spelt(name)}"
        if isinstance(each, Mapping):
            yield from _flat(each, f"{where}: ")
        else:
            yield where, _text(each)


def _spelt(name: str) -> str:
    return " ".join(_SPELT.get(word, word) for word in str(name).split("_"))


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    return str(value)
