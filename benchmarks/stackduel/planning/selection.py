"""Which stacks a run compares, and which of them is the baseline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.similar import did_you_mean
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Suite
from stackduel.planning.models import needs_triton, without_triton
from stackduel.planning.stacks_file import OwnFile

PORTABLE_BASELINE = "flask-waitress"

# The names that are kept, and a sentence for each reason why others are left out.
_Names = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Selection:
    """The stacks of a run by name, its baseline, and notes about those that were left out."""

    stacks: Mapping[str, Stack]
    baseline: str
    notes: tuple[str, ...]


def select(
    options: RunOptions, suite: Suite, own: OwnFile, known: Mapping[str, Stack], running: frozenset[str] | None
) -> Selection:
    """Select the stacks that the options name, else those of the suite and the user's file that can run here.

    ``running`` names the stacks that an attached project has up. Raises FieldError.
    """
    for field, name in _named_in(suite):
        if name not in known:
            raise FieldError(f"suite {suite.name}: {field}: {name!r} is unknown{did_you_mean(name, known)}")
    if options.stacks is not None:
        names, notes = _named(options.stacks, options, known)
    else:
        names, notes = _of_suite(options, suite, own, known, running)
    baseline = options.baseline or _baseline(suite, names, known)
    if baseline not in names:
        close = did_you_mean(baseline, names)
        raise FieldError(f"--baseline: {baseline} is not among the stacks of this run: {', '.join(names)}{close}")
    return Selection({name: known[name] for name in names}, baseline, notes)


def _named_in(suite: Suite) -> Iterator[tuple[str, str]]:
    """Yield the stacks that a suite names by a field of its own; that of the user's own requests names none."""
    if suite.baseline:
        yield "baseline", suite.baseline
    yield from (("duel", name) for name in suite.duel)


def is_local_only(stack: Stack) -> bool:
    """Return whether it has no container."""
    return isinstance(stack.source, Registered) and stack.source.entry.profile == "local"


def _named(asked: tuple[str, ...], options: RunOptions, known: Mapping[str, Stack]) -> _Names:
    names = tuple(dict.fromkeys(asked))
    for name in names:
        if name not in known:
            own = [each for each in known if not isinstance(known[each].source, Registered)]
            of_file = f"the file has {', '.join(own)}; " if own else ""
            close = did_you_mean(name, known) or f"; {of_file}stackduel list shows all stacks"
            raise FieldError(f"--stacks: {name!r} is unknown{close}")
    return _servable(names, options, known, named=True)


def _of_suite(
    options: RunOptions, suite: Suite, own: OwnFile, known: Mapping[str, Stack], running: frozenset[str] | None
) -> _Names:
    wanted = tuple(dict.fromkeys((*suite.stacks, *own.stacks)))
    if not wanted:
        raise FieldError(f"suite {suite.name}: names no stacks: --stacks-file FILE, --url URL or --stacks A,B does")
    for name in wanted:
        if name not in known:
            raise FieldError(f"suite {suite.name}: stacks: {name!r} is unknown{did_you_mean(name, known)}")
    for field, name in _named_in(suite) if suite.search is None else ():
        if name not in wanted:
            raise FieldError(f"suite {suite.name}: {field}: {name!r} is not among its stacks")
    up, down_notes = _only(wanted, running, "not up in the project") if running is not None else (wanted, ())
    here, platform_notes = _runnable_here(up, known) if options.launcher == "local" else (up, ())
    names, triton_notes = _servable(here, options, known, named=False)
    if not names:
        raise FieldError("--stacks: no stack is left to measure")
    return names, (*down_notes, *platform_notes, *triton_notes)


def _runnable_here(wanted: tuple[str, ...], known: Mapping[str, Stack]) -> _Names:
    """Return the stacks that run on this system; if some do not, with a baseline that runs on every one."""
    here = [name for name in wanted if _runs_here(known[name])]
    if len(here) < len(wanted) and PORTABLE_BASELINE not in here:
        here.insert(0, PORTABLE_BASELINE)
    return _only((*here, *(set(wanted) - set(here))), frozenset(here), f"do not run on {sys.platform}")


def _servable(names: tuple[str, ...], options: RunOptions, known: Mapping[str, Stack], *, named: bool) -> _Names:
    """Return the stacks without those that need a Triton that is missing here, or that lacks the user's model.

    Raises FieldError if the user ``named`` one of them.
    """
    if options.model is not None:
        able = frozenset(name for name in names if not needs_triton(known[name]))
        if named and len(able) < len(names):
            raise FieldError(f"--model: Triton does not serve it: {', '.join(sorted(set(names) - able))}")
        return _only(names, able, "served by Triton, which has models of its own")
    kept, note = without_triton(names, known, options.launcher, named=named)
    return kept, (note,) if note else ()


def _only(names: tuple[str, ...], allowed: frozenset[str], why: str) -> _Names:
    missing = [name for name in names if name not in allowed]
    notes = (f"Left out, because they are {why}: {', '.join(sorted(missing))}.",) if missing else ()
    return tuple(name for name in names if name in allowed), notes


def _runs_here(stack: Stack) -> bool:
    return not isinstance(stack.source, Registered) or sys.platform in stack.source.entry.platforms


def _baseline(suite: Suite, names: tuple[str, ...], known: Mapping[str, Stack]) -> str:
    """Return the suite's baseline, else the only stack that is marked as one, else the first.

    Raises FieldError where several are marked.
    """
    if suite.baseline in names:
        return suite.baseline
    marked = [name for name in names if known[name].tier == "baseline"]
    if len(marked) > 1:
        raise FieldError(f"--baseline: is needed: {' and '.join(marked)} have the tier baseline")
    return marked[0] if marked else names[0]
