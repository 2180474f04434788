"""Each stack of a run once for every choice: behind each proxy, or on each interpreter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.planning.selection import Selection

_Choice = TypeVar("_Choice")


def fanned_out(
    selection: Selection,
    choices: Sequence[_Choice],
    named: Callable[[str, _Choice], str],
    made: Callable[[Stack, _Choice], Stack],
) -> Selection:
    """Return the selection with each of its stacks once for every choice, the baseline for the first one.

    With one choice the stacks keep their names.
    """
    if not choices:
        return selection
    first = choices[0]
    if len(choices) == 1:
        return replace(selection, stacks={name: made(stack, first) for name, stack in selection.stacks.items()})
    stacks = {}
    for name, stack in selection.stacks.items():
        for choice in choices:
            # The baseline's own code for another choice is a setting.
            tier = "settings" if name == selection.baseline and choice != first else stack.tier
            stacks[named(name, choice)] = replace(made(stack, choice), name=named(stack.name, choice), tier=tier)
    return replace(selection, stacks=stacks, baseline=named(selection.baseline, first))


def with_first_duel(suite: Suite, choices: Sequence[_Choice], named: Callable[[str, _Choice], str]) -> Suite:
    """Return the suite with its pair of stacks for the first of several choices."""
    if len(choices) < 2 or not suite.duel:
        return suite
    return replace(suite, duel=tuple(named(name, choices[0]) for name in suite.duel))
