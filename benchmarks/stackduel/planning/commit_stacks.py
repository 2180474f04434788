"""A stack of the user's file as it runs in the checkout of a commit."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.similar import did_you_mean
from stackduel.model.stack import Command, Stack
from stackduel.planning.stacks_file import OwnFile


@dataclass(frozen=True, slots=True)
class Relocation:
    """Where a stack moves: from the user's ``checkout`` to the ``folder`` of a commit, and what it runs on there.

    ``roots`` are the folders from which the commit's modules are imported. ``python`` is the interpreter, None for that
    of the user's shell; where it is ``own``, it belongs to an environment of the commit's own.
    """

    checkout: Path
    folder: Path
    roots: tuple[Path, ...]
    python: Path | None
    own: bool = False

    def path(self, path: Path) -> Path:
        """Return where a path of the user's checkout lies in that of the commit; others stay."""
        return self.folder / path.relative_to(self.checkout) if path.is_relative_to(self.checkout) else path

    def text(self, text: str) -> str:
        """Return a word or a variable with the user's checkout replaced wherever it stands as a whole path."""
        pattern = rf"{re.escape(str(self.checkout))}(?=$|[/\\:;,'\"])"
        return re.sub(pattern, lambda _hit: str(self.folder), text)


def chosen_stack(own: OwnFile, name: str | None) -> Stack:
    """Return the stack that is compared with itself: the one of this name, the only one, or the baseline.

    Raises FieldError if none is meant, or if it is no command: an image or a URL has no checkout.
    """
    if name is not None and name not in own.stacks:
        known = did_you_mean(name, own.stacks) or f"; the file has {', '.join(own.stacks)}"
        raise FieldError(f"--stack: {name!r} is unknown{known}")
    marked = [each for each in own.stacks.values() if each.tier == "baseline"]
    stacks = [own.stacks[name]] if name else list(own.stacks.values())
    if len(stacks) > 1 and len(marked) == 1:
        stacks = marked
    if len(stacks) != 1:
        found = f"it has {', '.join(own.stacks)}: --stack names the one" if stacks else "it has no [stacks.NAME]"
        raise FieldError(f"{own.where}: exactly one stack is compared with itself, and {found}")
    if not isinstance(stacks[0].source, Command):
        raise FieldError(f"{own.where}: stacks.{stacks[0].name}: needs a command, which each commit is started by")
    return stacks[0]


def relocated(stack: Stack, name: str, tier: str, summary: str, move: Relocation) -> Stack:
    """Return the stack as the side ``name``, run in the checkout of its commit."""
    return replace(
        stack,
        name=name,
        tier=tier,
        summary=summary,
        source=_command(stack.source, move) if isinstance(stack.source, Command) else stack.source,
        reset=_command(stack.reset, move) if stack.reset else None,
    )


def _command(command: Command, move: Relocation) -> Command:
    folder = move.path(Path(command.folder))
    env = {key: move.text(value) for key, value in command.env.items()}
    program, *rest = command.argv
    return replace(
        command,
        argv=(_program(program, Path(command.folder), folder, move), *map(move.text, rest)),
        env={**env, "PYTHONPATH": import_path(move.roots, env.get("PYTHONPATH"), move)},
        folder=folder,
        python=move.python,
    )


def import_path(roots: Sequence[Path], given: str | None, move: Relocation) -> str:
    """Return the PYTHONPATH of a side: its own roots, then what the user gives, moved to its checkout.

    It comes before what is installed, an editable install included.
    """
    user = given if given is not None else _inherited(os.environ)
    moved = (move.text(each) for each in user.split(os.pathsep) if each)
    return os.pathsep.join(dict.fromkeys((*map(str, roots), *moved)))


def _inherited(environ: Mapping[str, str]) -> str:
    return environ.get("PYTHONPATH", "")


def _program(program: str, old: Path, new: Path, move: Relocation) -> str:
    """Return the program that starts a side.

    One that git does not know, such as .venv/bin/gunicorn, is only in the user's checkout; an environment of the
    commit's own has it under its plain name.
    """
    if not os.path.dirname(program) or (new / move.text(program)).is_file():  # noqa: PTH120 - Path drops "./"
        return move.text(program)
    return Path(program).name if move.own else str(old / program)
