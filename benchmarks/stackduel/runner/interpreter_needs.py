"""Whether the interpreters that the user named have what the stacks of a run need; asked before anything is started."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import stackduel_servers
from stackduel.application.interpreter_probe import InterpreterAnswer, InterpreterQuestion, ask_interpreter
from stackduel.application.interpreter_script import digest_of
from stackduel.application.stack_packages import SERVERS_PACKAGE, application_modules, distribution
from stackduel.launch.local.interpreters import started_by
from stackduel.model.aa_pair import is_twin
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.stack import Command, Registered, Stack
from stackduel.planning.command_lookup import found_at
from stackduel.planning.interpreter_lookup import script_pythons
from stackduel.planning.interpreter_stacks import environments
from stackduel.planning.shortfall import extras_for, packages_of

AskInterpreter = Callable[[Stack, InterpreterQuestion], InterpreterAnswer]
CHECKOUT = Path(stackduel_servers.__file__).parents[2]
OLDEST = (3, 11)


@dataclass(frozen=True, slots=True)
class Need:
    """The lacks of an interpreter: the stacks that need it, what they lack in words, and what pip is to install."""

    python: PurePath
    is_environment: bool
    stacks: tuple[str, ...]
    what: str
    install: tuple[str, ...]

    def __str__(self) -> str:
        """Return the sentence for the user, with the line to type."""
        said = f"--python: {self.python}: {', '.join(self.stacks)} cannot run there: {self.what}; type: "
        if self.is_environment:
            return said + shlex.join((str(self.python), "-m", "pip", "install", *self.install))
        folder = f".venv-{self.stacks[0].rpartition('@')[2]}" if "@" in self.stacks[0] else ".venv"
        inside = "Scripts/python" if sys.platform == "win32" else "bin/python"
        made = shlex.join((str(self.python), "-m", "venv", folder))
        filled = shlex.join((f"{folder}/{inside}", "-m", "pip", "install", *self.install))
        return f"{said}{made} && {filled}, and name {folder}"


def refuse_unfit(stacks: Mapping[str, Stack], ask: AskInterpreter | None = None) -> None:
    """Raise FieldError, a line for each interpreter that lacks what a stack needs, with what installs it."""
    ask = ask or _asked
    chosen = {name: python for name, python in environments(stacks).items() if not is_twin(name)}
    needs = [*_of_registry(stacks, chosen, ask), *_of_user(stacks, chosen, ask)]
    if needs:
        raise FieldError("\n".join(map(str, needs)))


def _asked(stack: Stack, question: InterpreterQuestion) -> InterpreterAnswer:
    started = started_by(stack, os.environ)
    if started is None:
        raise FieldError(f"--python: {stack.name}: its command starts no Python")
    # Of those that are too old for our stacks, some do not know all the options that these are started with.
    command = (started.command[0], "-E") if isinstance(stack.source, Registered) else started.command
    try:
        return ask_interpreter(command, question, started.environ, started.folder)
    except LaunchError as error:
        raise FieldError(f"--python: {stack.name}: {error}") from error


def _of_registry(stacks: Mapping[str, Stack], chosen: Mapping[str, PurePath], ask: AskInterpreter) -> Iterator[Need]:
    """Yield what interpreters lack of the packages of our own stacks: each is asked once, for all its stacks."""
    ours = {name: stack for name, stack in stacks.items() if name in chosen and isinstance(stack.source, Registered)}
    for python in dict.fromkeys(chosen[name] for name in ours):
        here = {name: packages_of(stack) for name, stack in ours.items() if chosen[name] == python}
        needed = dict.fromkeys((SERVERS_PACKAGE, *(package for each in here.values() for package in each)))
        answer = ask(ours[next(iter(here))], InterpreterQuestion(needed=tuple(needed)))
        install = _install_line(*here.values())
        names = tuple(here)
        if tuple(map(int, answer.facts.short_version.rstrip("t").split("."))) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise FieldError(f"--python: {python} is {answer.facts.title}, and stacks of ours need {oldest} or newer")
        if answer.missing:
            lacking = tuple(name for name in names if {SERVERS_PACKAGE, *here[name]} & {*answer.missing})
            what = f"it lacks {', '.join(answer.missing)}"
            yield Need(python, answer.is_environment, lacking, what, install)
        elif answer.servers != digest_of(Path(stackduel_servers.__file__).parent):
            what = "its stackduel_servers is another version than ours, so it would not be the same application"
            yield Need(python, answer.is_environment, names, what, ("--upgrade", *install))


def _install_line(*packages: Sequence[str]) -> tuple[str, ...]:
    extras = extras_for(package for each in packages for package in each)
    if (CHECKOUT / "pyproject.toml").is_file():
        return ("-e", f"{CHECKOUT}[{extras}]")
    return (f"stackduel[{extras}]",)


def _of_user(stacks: Mapping[str, Stack], chosen: Mapping[str, PurePath], ask: AskInterpreter) -> Iterator[Need]:
    """Yield what interpreters lack of the user's own commands: the program, and what the application imports."""
    for name, python in chosen.items():
        command = stacks[name].source
        if not isinstance(command, Command):
            continue
        programs, modules = _lacking_program(command), _module_run(command)
        question = InterpreterQuestion(needed=modules, applications=application_modules(command.argv))
        answer = ask(_as_python(stacks[name]), question)
        lacking = dict.fromkeys((*answer.missing, *answer.unimportable))
        tops = [each.partition(".")[0] for each in lacking]
        held = _held_elsewhere(stacks, chosen, python, tops, ask) if tops else {}
        install = tuple(dict.fromkeys((*programs, *(held.get(each, distribution(each)) for each in tops))))
        if install:
            what = f"it lacks {', '.join(dict.fromkeys((*programs, *lacking)))}"
            yield Need(python, answer.is_environment, (name,), what, install)


def _lacking_program(command: Command) -> tuple[str, ...]:
    """Return the package of the program that a command starts, where only another environment has it."""
    program = command.argv[0]
    if command.python is None or PurePath(program).parent != PurePath() or PurePath(program).name.startswith("python"):
        return ()
    found = found_at(command, os.environ)
    if found is not None and (found.parent == Path(command.python).parent or not script_pythons(found)):
        return ()
    # Where a package's program has another name, it is longer by what it does: django-admin.
    return (program.removesuffix("-serve").removesuffix("-admin"),)


def _module_run(command: Command) -> tuple[str, ...]:
    """Return the module that ``python -m MODULE`` runs."""
    words = command.argv
    if not PurePath(words[0]).name.startswith("python") or "-m" not in words[:-1]:
        return ()
    return (words[words.index("-m") + 1].partition(".")[0],)


def _as_python(stack: Stack) -> Stack:
    """Return the stack with its interpreter as the program: its own may not be there."""
    if not isinstance(stack.source, Command) or stack.source.python is None:
        return stack
    program = PurePath(stack.source.argv[0])
    if program.name.startswith("python"):
        return stack
    return replace(stack, source=replace(stack.source, argv=(str(stack.source.python),)))


def _held_elsewhere(
    stacks: Mapping[str, Stack],
    chosen: Mapping[str, PurePath],
    python: PurePath,
    modules: Sequence[str],
    ask: AskInterpreter,
) -> Mapping[str, str]:
    """Return the packages that hold these modules in another of the interpreters."""
    found: dict[str, str] = {}
    for name in {other: name for name, other in chosen.items() if other != python}.values():
        answer = ask(_as_python(stacks[name]), InterpreterQuestion(modules=tuple(modules)))
        found = {**answer.distributions, **found}
    return found
