"""The stacks of a run on several interpreters: each stack once on every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from stackduel.model.errors import FieldError
from stackduel.model.interpreter_name import ChosenInterpreter, on_interpreter
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Command, Image, Registered, Stack, Url
from stackduel.model.suite import Suite
from stackduel.planning.fan_out import fanned_out, with_first_duel
from stackduel.planning.interpreter_lookup import INSIDE, script_pythons
from stackduel.planning.pillow_builds import build_of
from stackduel.planning.selection import Selection
from stackduel_servers.pillow.builds import INSTALLED

NO_CHOICE = {
    "compose": "the containers of a project run already; --launcher docker builds images on other base images",
    "url": "what answers at a url runs already; start it on each interpreter and give each its url in a stacks file",
}


def refuse_unchoosable(options: RunOptions) -> None:
    """Raise FieldError where no interpreter can be chosen for what the launcher measures."""
    if options.python and options.launcher in NO_CHOICE:
        raise FieldError(f"--python: not with --launcher {options.launcher}: {NO_CHOICE[options.launcher]}")


def on_interpreters(selection: Selection, chosen: Sequence[ChosenInterpreter]) -> Selection:
    """Return the selection with each of its stacks once on every interpreter, the baseline on the first one.

    With one interpreter the stacks keep their names. Raises FieldError for a stack that runs on none of ours.
    """
    return fanned_out(selection, chosen, _named, _moved)


def renamed(suite: Suite, chosen: Sequence[ChosenInterpreter]) -> Suite:
    """Return the suite with its pair of stacks on the first interpreter."""
    return with_first_duel(suite, chosen, _named)


def _named(stack: str, chosen: ChosenInterpreter) -> str:
    return on_interpreter(stack, chosen.label)


def _moved(stack: Stack, chosen: ChosenInterpreter) -> Stack:
    """Return a stack on another interpreter; raises FieldError where that cannot be chosen."""
    reset = _on(stack.reset, chosen.python) if stack.reset and chosen.python else stack.reset
    match stack.source:
        case Registered(entry) as source:
            if "triton" in {entry.framework, entry.companion}:
                raise FieldError(f"--python: {stack.name}: Triton has a Python of its own; leave it out by --stacks")
            if build_of(stack) != INSTALLED:
                raise FieldError(f"--python: {stack.name}: the builds of Pillow have environments of their own")
            moved = replace(source, python=chosen.python, base_image=chosen.base_image)
            return replace(stack, source=moved, interpreter=chosen.label)
        case Command() as command if chosen.python is not None:
            return replace(stack, source=_on(command, chosen.python), reset=reset, interpreter=chosen.label)
        case Image():
            raise FieldError(
                f"--python: {stack.name}: an image of yours has its own Python; build one image for each, and give "
                "both in the stacks file"
            )
        case Command() | Url():
            raise FieldError(f"--python: {stack.name}: only what --launcher local starts has an interpreter of yours")


def _on(command: Command, python: PurePath) -> Command:
    """Return a command on another interpreter: a program of an environment becomes the one beside the interpreter."""
    program, *rest = command.argv or ("",)
    name = PurePath(program).name
    if name.startswith("python"):
        program = str(python)
    elif PurePath(program).parent != PurePath() and _is_in_environment(Path(command.folder, program)):
        program = name
    return replace(command, argv=(program, *rest) if command.argv else (), python=python)


def _is_in_environment(program: Path) -> bool:
    """Return whether a program lies beside a Python, as the scripts of an environment do."""
    beside = any((program.parent / PurePath(inside).name).is_file() for inside in INSIDE)
    return program.is_file() and beside and bool(script_pythons(program))


def environments(stacks: Mapping[str, Stack]) -> dict[str, PurePath]:
    """Return the interpreters that were chosen, by stack."""
    sources = {name: stack.source for name, stack in stacks.items() if stack.interpreter}
    return {
        name: source.python
        for name, source in sources.items()
        if isinstance(source, Registered | Command) and source.python is not None
    }
