"""Two commits as two stacks: checked out, each with its environment, and shown to import their own modules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from stackduel.checkouts.dependency_files import dependency_files
from stackduel.checkouts.environments import EnvironmentRecipe, environment
from stackduel.checkouts.git import repository_of
from stackduel.checkouts.import_proof import Imports, prove_imports
from stackduel.checkouts.interpreters import making_python, usual_python
from stackduel.checkouts.own_modules import import_roots
from stackduel.checkouts.worktrees import AskedCommit, Checkout, worktrees
from stackduel.launch.local.user_command import environment_of
from stackduel.model.counted import counted
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.stack import Command, Stack
from stackduel.model.target import Address
from stackduel.planning.commit_stacks import Relocation, chosen_stack, relocated
from stackduel.planning.interpreter_lookup import command_python
from stackduel.planning.stacks_file import OwnFile, read_own_file

Environments = Literal["auto", "same", "own"]
BASE, HEAD = "base", "head"
TIERS = {BASE: "baseline", HEAD: "code"}
FILE = "stackduel.toml"


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """The user's comparison: two commits, and the stack of a file that each of them is run as.

    ``folder`` lies in the checkout. ``environments`` says when each side has one of its own, ``install`` what pip
    installs into it.
    """

    folder: Path
    base: AskedCommit
    head: AskedCommit
    stacks_file: Path | None = None
    stack: str | None = None
    environments: Environments = "auto"
    install: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitSides:
    """Both sides ready to be measured: the user's file with ``base`` and ``head`` as its stacks, and their commits."""

    own: OwnFile
    stacks_file: Path
    base: Checkout
    head: Checkout
    notes: tuple[str, ...]


@contextmanager
def commit_sides(request: CommitRequest, say: Callable[[str], None]) -> Iterator[CommitSides]:
    """Check both commits out, make the environments that they need, and prove what each imports; tidy up at the end.

    Raises FieldError for a wrong commit or file, LaunchError if an environment cannot be made or a side would run
    modules that are not its own.
    """
    repository = repository_of(request.folder)
    path = _file_of(request, repository)
    own = read_own_file(path)
    stack = chosen_stack(own, request.stack)
    folder = _folder_of(stack, own, repository)
    with worktrees(repository, (request.base, request.head)) as (base, head):
        project = _Project(repository, folder.relative_to(repository), stack)
        moves = _moves(project, (base, head), request, say)
        sides = {
            each.name: relocated(stack, each.name, TIERS[each.name], each.title, move)
            for each, move in zip((base, head), moves, strict=True)
        }
        notes = []
        for each, move in zip((base, head), moves, strict=True):
            others = {repository, base.folder, head.folder} - {each.folder}
            seen = prove_imports(_imports(sides[each.name], each, move, tuple(others)))
            notes.append(f"{each.name} is {each.title}: {each.subject}")
            say(f"{each.name}: {counted(seen, 'module')} of its own, all imported from its own checkout")
        yield CommitSides(replace(own, stacks=sides), path, base, head, (*notes, *_environment_notes(moves)))


@dataclass(frozen=True, slots=True)
class _Project:
    """The user's checkout, the folder of the stack below it, and the stack as the file has it."""

    repository: Path
    below: Path
    stack: Stack

    def folders(self, checkout: Path) -> tuple[Path, ...]:
        """Return the folders of a checkout that may hold its modules and its dependency files."""
        return tuple(dict.fromkeys((checkout / self.below, checkout)))


def _file_of(request: CommitRequest, repository: Path) -> Path:
    if request.stacks_file is not None:
        return request.stacks_file.resolve()
    for folder in (request.folder.resolve(), repository):
        if (folder / FILE).is_file():
            return folder / FILE
    raise FieldError(
        f"{FILE}: was found neither in {request.folder.resolve()} nor in {repository}: it says how the application is "
        "started and which requests are measured; --stacks-file names another file"
    )


def _folder_of(stack: Stack, own: OwnFile, repository: Path) -> Path:
    folder = Path(stack.source.folder).resolve() if isinstance(stack.source, Command) else repository
    if not folder.is_relative_to(repository):
        raise FieldError(f"{own.where}: stacks.{stack.name}: cwd: must lie in the checkout {repository}, not {folder}")
    return folder


def _moves(
    project: _Project, checkouts: Sequence[Checkout], request: CommitRequest, say: Callable[[str], None]
) -> list[Relocation]:
    """Return where each side runs, and on which interpreter."""
    named = project.stack.source.python if isinstance(project.stack.source, Command) else None
    python = Path(named) if named else usual_python(project.folders(project.repository), os.environ)
    files = [dependency_files(project.folders(each.folder), each.folder) for each in checkouts]
    own = request.environments == "own" or (request.environments == "auto" and files[0] != files[1])
    moves = []
    for checkout, found in zip(checkouts, files, strict=True):
        made = _environment(project, checkout, found, python, request, say) if own else python
        roots = import_roots(project.folders(checkout.folder))
        moves.append(Relocation(project.repository, checkout.folder, roots, made, own))
    return moves


def _environment(
    project: _Project,
    checkout: Checkout,
    files: Mapping[str, bytes],
    python: Path | None,
    request: CommitRequest,
    say: Callable[[str], None],
) -> Path:
    """Return the interpreter of the commit's own environment; its project is the innermost folder with such files."""
    with_files = (each for each in project.folders(checkout.folder) if dependency_files((each,), checkout.folder))
    folder = next(with_files, checkout.folder).relative_to(checkout.folder)
    maker = python or making_python(project.stack.source, os.environ)
    return environment(checkout, EnvironmentRecipe(maker, files, folder, request.install), say)


def _imports(stack: Stack, checkout: Checkout, move: Relocation, others: Sequence[Path]) -> Imports:
    if not isinstance(stack.source, Command):
        raise TypeError(stack.source)
    command, environ = stack.source, environment_of(stack.source, os.environ, Address("127.0.0.1", 0))
    python = command_python(command, environ)
    if move.own and move.python is not None and python.parent != move.python.parent:
        raise LaunchError(
            f"{stack.name}: {command.argv[0]} is not among the packages of its own environment: --install says what "
            "pip is to install, such as '. gunicorn'"
        )
    return Imports(
        side=stack.name,
        python=python,
        folder=Path(command.folder),
        environ=environ,
        words=(*command.argv[1:], *command.env.values()),
        roots=move.roots,
        checkout=checkout.folder.resolve(),
        others=[each.resolve() for each in others],
    )


def _environment_notes(moves: Sequence[Relocation]) -> tuple[str, ...]:
    if moves[0].own:
        return ("Each side runs in an environment of its own.",)
    return ("Both sides run in the same Python environment.",)
