"""Differences between the conditions of two runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from stackduel.model.aa_pair import is_twin
from stackduel.model.environment import Environment
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Scenario

UNKNOWN = "unknown"
Facts = Mapping[str, str]

# Fields that do not describe the machine or its use.
_NO_FACTS = frozenset({"notes", "interpreters"})
# Between a stack and what its interpreter says; no other fact has it in its name.
_OF = ": "
_LIBRARIES = "libraries "
_LABELS = {
    "processor": "CPU model",
    "machine": "architecture",
    "system": "system and kernel",
    "memory_mib": "memory MiB",
    "python": "stackduel's own Python",
    "timeout_s": "timeout s",
}
# Options that appear elsewhere: as the suite, the environment or the seed.
_NO_OPTIONS = frozenset({"suite", "stacks", "launcher", "generator", "driver", "timeout_s", "seed", "blocks"})


def facts_of(environment: Environment) -> Facts:
    """Return an environment as flat names and texts, such as ``launch images flask-gunicorn``, ``quart: GIL``."""
    known = {name: each for name, each in _known(environment).items() if name not in _NO_FACTS}
    return {**dict(_flat(known)), **dict(_interpreters(environment))}


def differences(old: Run, new: Run) -> tuple[str, ...]:
    """Return a line for each difference: of the environment, the stacks' settings, the options and the seed."""
    return (
        *differing(facts_of(old.environment), facts_of(new.environment)),
        *_of_stacks(old, new),
        *differing(_options(old), _options(new)),
    )


def differing(old: Facts, new: Facts) -> Iterator[str]:
    """Yield a line for each fact that differs; a fact that one side lacks is ``unknown``.

    A run of an older version has not asked its interpreters, and counted their packages among its own libraries.
    """
    one_asked = len({any(_OF in name for name in side) for side in (old, new)}) > 1
    for name in dict.fromkeys((*old, *new)):
        if one_asked and (_OF in name or (name.startswith(_LIBRARIES) and not (name in old and name in new))):
            continue
        before, after = old.get(name, UNKNOWN), new.get(name, UNKNOWN)
        if before != after:
            yield f"{_LABELS.get(name, name)}: {before} -> {after}"


def unlike(old: Scenario, new: Scenario) -> tuple[str, ...]:
    """Return the fields in which two scenarios of one name differ, apart from their summaries and service levels."""
    names = [field.name for field in fields(Scenario) if field.name not in {"name", "summary", "sla"}]
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _of_stacks(old: Run, new: Run) -> Iterator[str]:
    for name in old.stacks:
        if name in new.stacks:
            before, after = (_named(name, run.stacks[name]) for run in (old, new))
            yield from differing(before, after)


def _interpreters(environment: Environment) -> Iterator[tuple[str, str]]:
    for name, facts in (environment.interpreters or {}).items():
        if is_twin(name):
            continue
        yield f"{name}{_OF}Python", facts.title
        yield f"{name}{_OF}build", facts.build or UNKNOWN
        yield f"{name}{_OF}GIL", f"{facts.gil}, for {facts.gil_forced_by}" if facts.gil_forced_by else facts.gil
        yield f"{name}{_OF}JIT", facts.jit
        yield from ((f"{name}{_OF}{package}", version) for package, version in facts.packages.items())


def _options(run: Run) -> Facts:
    options = {name: each for name, each in asdict(run.options).items() if name not in _NO_OPTIONS}
    suite = {"baseline": run.baseline, "blocks": run.suite.blocks, "seed": run.seed}
    return dict(_flat({**options, **suite}))


def _named(name: str, facts: StackFacts) -> Facts:
    return {f"{name} {key}": each for key, each in _flat({**_known(facts), "summary": ""})}


def _known(facts: Environment | StackFacts) -> dict[str, Any]:
    return {name: each for name, each in asdict(facts).items() if each is not None}


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, each in content.items():
        full_name = f"{above} {name}".strip()
        if isinstance(each, Mapping):
            yield from _flat(each, full_name)
        else:
            yield full_name, _text(each)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_text, value)) or "none"
    return "none" if value is None else str(value)
