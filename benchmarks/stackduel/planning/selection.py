"""Which stacks a run compares, and with which of them as baseline."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Suite
from stackduel.planning.models import needs_triton, without_triton
from stackduel.planning.stacks_file import OwnFile

PORTABLE_BASELINE = "flask-waitress"


def names_of(
    options: RunOptions,
    suite: Suite,
    own: OwnFile,
    known: Mapping[str, Stack],
    running: frozenset[str] | None,
    notes: list[str],
) -> tuple[str, ...]:
    """Those that are asked for, or the suite's and the user's own as far as they can run; raises FieldError."""
    if options.stacks is not None:
        wanted = tuple(dict.fromkeys(options.stacks))
        for name in wanted:
            if name not in known:
                raise FieldError(f"--stacks: {name!r} is unknown; stackduel list shows all stacks")
        return _that_serve(wanted, options, known, notes, named=True)
    wanted = tuple(dict.fromkeys((*suite.stacks, *own.stacks)))
    for name in wanted:
        if name not in known:
            raise FieldError(f"suite {suite.name}: stacks: {name!r} is unknown")
    if running is not None:
        wanted = _only(wanted, running, "not up in the project", notes)
    if options.launcher == "local":
        here = [name for name in wanted if _runs_here(known[name])]
        if len(here) < len(wanted) and PORTABLE_BASELINE not in here:
            here.insert(0, PORTABLE_BASELINE)
        wanted = _only((*here, *(set(wanted) - set(here))), frozenset(here), f"do not run on {sys.platform}", notes)
    wanted = _that_serve(wanted, options, known, notes, named=False)
    if not wanted:
        raise FieldError("--stacks: none is left to be measured")
    return wanted


def baseline_of(suite: Suite, names: tuple[str, ...], known: Mapping[str, Stack]) -> str:
    """The suite's, else the first that is marked as one, else the first."""
    if suite.baseline in names:
        return suite.baseline
    marked = [name for name in names if known[name].tier == "baseline"]
    return marked[0] if marked else names[0]


def is_local_only(stack: Stack) -> bool:
    """Whether it has no container."""
    return isinstance(stack.source, Registered) and stack.source.entry.profile == "local"


def _that_serve(
    wanted: tuple[str, ...], options: RunOptions, known: Mapping[str, Stack], notes: list[str], *, named: bool
) -> tuple[str, ...]:
    """Without the stacks that need a Triton which is not here, or which has not the user's model."""
    if options.model is not None:
        able = frozenset(name for name in wanted if not needs_triton(known[name]))
        if named and len(able) < len(wanted):
            raise FieldError(f"--model: Triton does not serve it: {', '.join(sorted(set(wanted) - able))}")
        return _only(wanted, able, "served by Triton, which has models of its own", notes)
    able_here, note = without_triton(wanted, known, options.launcher, named=named)
    notes += [note] if note else []
    return able_here


def _only(wanted: tuple[str, ...], allowed: frozenset[str], why: str, notes: list[str]) -> tuple[str, ...]:
    missing = [name for name in wanted if name not in allowed]
    if missing:
        notes.append(f"Left out, because they are {why}: {', '.join(sorted(missing))}.")
    return tuple(name for name in wanted if name in allowed)


def _runs_here(stack: Stack) -> bool:
    return not isinstance(stack.source, Registered) or sys.platform in stack.source.entry.platforms
