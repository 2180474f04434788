"""The interpreter of each stack of a run: asked once, before anything is measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from stackduel.launch.launcher import Started
from stackduel.model.aa_pair import is_twin, original_of
from stackduel.model.errors import LaunchError
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.interpreter_name import references
from stackduel.model.run import Run
from stackduel.process.interrupts import go_on_interrupting
from stackduel.runner.run_context import RunContext

# What CPython warns of when an extension that does not say it can do without the GIL is imported.
GIL_FORCED = re.compile(r"The global interpreter lock \(GIL\) has been enabled to load module '([^']{1,200})'")
LOG_LINES = 200
MOST_SHOWN = 5
# What makes trials on two interpreters no trials of one stack.
DECISIVE = ("implementation", "version", "free_threaded", "gil", "jit")


def forced_by(started: Started) -> str | None:
    """Return the module for which a started server has turned the GIL on again, None as far as its log shows."""
    warned = GIL_FORCED.search(started.log_tail(LOG_LINES))
    return warned[1] if warned else None


def with_interpreters(run: Run, context: RunContext) -> Run:
    """Return the run with what each of its stacks runs on, as far as that can be told.

    Raises LaunchError if a run is resumed and a stack would go on with another interpreter.
    """
    found: dict[str, InterpreterFacts] = {}
    notes = []
    for name, stack in context.plan.stacks.items():
        known = found.get(original_of(name))
        try:
            facts = known or context.launcher.interpreter(stack)
        except LaunchError as error:
            go_on_interrupting(error)
            notes.append(f"{name}: what it runs on is unknown: {error.why}.")
            continue
        if facts is not None:
            found[name] = replace(facts, gil_forced_by=context.gil_forced_by.get(original_of(name)))
    _refuse_changed(run, found)
    before = run.environment
    notes += [*_forced_notes(found), *_package_notes(found)]
    return replace(
        run,
        environment=replace(
            before,
            interpreters={**(before.interpreters or {}), **found},
            notes=tuple(dict.fromkeys((*before.notes, *notes))),
        ),
    )


def _forced_notes(found: Mapping[str, InterpreterFacts]) -> Iterator[str]:
    for name, facts in found.items():
        if facts.gil_forced_by and not is_twin(name):
            yield f"{name} runs with the GIL, which its build could do without: {facts.gil_forced_by} needs it."


def _package_notes(found: Mapping[str, InterpreterFacts]) -> Iterator[str]:
    """Yield what else than its interpreter differs between a stack on one interpreter and on the first one."""
    for name, reference in references(found).items():
        here, there = (found[each].packages for each in (name, reference))
        both = [
            f"{package} {there.get(package, 'none')} and {here.get(package, 'none')}"
            for package in sorted({*here, *there})
            if here.get(package) != there.get(package)
        ]
        if both:
            more = f" and {len(both) - MOST_SHOWN} more" if len(both) > MOST_SHOWN else ""
            yield f"{reference} and {name} differ in more than the interpreter: {', '.join(both[:MOST_SHOWN])}{more}."


def _refuse_changed(run: Run, found: Mapping[str, InterpreterFacts]) -> None:
    for name, now in found.items():
        began = (run.environment.interpreters or {}).get(name)
        if began and any(getattr(began, each) != getattr(now, each) for each in DECISIVE):
            raise LaunchError(f"--resume: {name} began on {_told(began)} and would go on with {_told(now)}")


def _told(facts: InterpreterFacts) -> str:
    return f"{facts.title} (GIL {facts.gil}, JIT {facts.jit})"
