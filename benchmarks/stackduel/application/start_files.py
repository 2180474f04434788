"""The files of a checkout that say how it is started: Procfile, Dockerfile and compose file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackduel.application.shell_words import StartedBy, command_of, commands_in
from stackduel.planning.fields import shortened

MOST_BYTES = 1_000_000
PROCESS = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<line>.+)")
COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


@dataclass(frozen=True, slots=True)
class StartLine:
    """The command that an entry of a file starts, and where that stands; ``problem`` says why it cannot be read."""

    origin: str
    started: tuple[StartedBy, ...] = ()
    problem: str = ""


def start_lines(folder: Path, environ: Mapping[str, str]) -> Iterator[StartLine]:
    """Yield what the files of a folder start: of a Procfile ``web`` first, then the Dockerfile, then compose."""
    yield from _procfile(folder / "Procfile", environ)
    yield from _dockerfile(folder / "Dockerfile", "Dockerfile", environ)
    for name in COMPOSE_FILES:
        yield from _compose_file(folder / name, environ)


def _procfile(path: Path, environ: Mapping[str, str]) -> Iterator[StartLine]:
    matches = [match for line in read_beginning(path).splitlines() if (match := PROCESS.fullmatch(line.strip()))]
    for match in sorted(matches, key=lambda each: each["name"] != "web"):
        yield _line(f"Procfile, {match['name']}", match["line"], environ)


def _dockerfile(path: Path, shown: str, environ: Mapping[str, str]) -> Iterator[StartLine]:
    """Yield what the last stage of a Dockerfile starts: its ENTRYPOINT with its CMD."""
    entry: str | None = None
    command: str | None = None
    variables: dict[str, str] = {}
    for instruction, rest in _instructions(read_beginning(path)):
        if instruction == "FROM":
            entry = command = None
        elif instruction == "ENV":
            variables |= _variables(rest)
        elif instruction == "ENTRYPOINT":
            entry, command = rest, None
        elif instruction == "CMD":
            command = rest
    if entry is None and command is None:
        return
    line = _joined(f"{shown}, CMD", entry, command, {**environ, **variables})
    # What a server reads of its variables belongs to the command.
    yield StartLine(line.origin, tuple(StartedBy(s.argv, {**_servers_own(variables), **s.env}) for s in line.started),
                    line.problem)  # fmt: skip


def _compose_file(path: Path, environ: Mapping[str, str]) -> Iterator[StartLine]:
    try:
        document = yaml.safe_load(read_beginning(path))
    except (yaml.YAMLError, RecursionError):
        yield StartLine(path.name, problem="is no YAML")
        return
    services = document.get("services") if isinstance(document, Mapping) else None
    for name, service in services.items() if isinstance(services, Mapping) else ():
        if not isinstance(service, Mapping):
            continue
        shown = f"{path.name}, {shortened(str(name))}"
        variables = _environment(service.get("environment"))
        known = {**environ, **variables}
        command = service.get("command")
        if isinstance(command, str):
            # Compose itself fills in ``$$`` as a dollar, and splits the text without a shell.
            line = _line(shown, command.replace("$$", "$"), known)
        elif isinstance(command, list):
            line = _listed(shown, [str(word) for word in command], known)
        else:
            continue
        own = _servers_own(variables)
        yield StartLine(shown, tuple(StartedBy(s.argv, {**own, **s.env}) for s in line.started), line.problem)


def _line(origin: str, line: str, variables: Mapping[str, str]) -> StartLine:
    try:
        return StartLine(origin, tuple(commands_in(line, variables)))
    except ValueError as error:
        return StartLine(origin, problem=str(error))


def _listed(origin: str, words: Sequence[str], variables: Mapping[str, str]) -> StartLine:
    try:
        return StartLine(origin, tuple(command_of(words, variables)))
    except ValueError as error:
        return StartLine(origin, problem=str(error))


def _joined(origin: str, entry: str | None, command: str | None, variables: Mapping[str, str]) -> StartLine:
    entry_words, command_words = _words(entry), _words(command)
    if entry is None and command is not None and command_words is None:
        return _line(origin, command, variables)
    if entry is not None and entry_words is None:
        return _line(origin, entry, variables)
    return _listed(origin, [*(entry_words or ()), *(command_words or ())], variables)


def _words(value: str | None) -> list[str] | None:
    """Return the words of the form that no shell reads, ``["gunicorn", "shop"]``; None for the other form."""
    try:
        words = json.loads(value) if value else None
    except ValueError:
        return None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\[ \t]*\n", " ", "\n".join(lines)).splitlines():
        instruction, _, rest = line.strip().partition(" ")
        if instruction:
            yield instruction.upper(), rest.strip()


def _variables(text: str) -> dict[str, str]:
    """Return the variables of an ENV instruction: ``NAME=value ...``, or the old ``NAME value``."""
    pairs = re.findall(r"""([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S*)""", text)
    if pairs:
        return {name: value.strip("\"'") for name, value in pairs}
    name, _, value = text.partition(" ")
    return {name: value.strip()}


def _environment(given: Any) -> dict[str, str]:
    """Return the variables of a service that have a value, from either of compose's two forms."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items() if value is not None}
    if isinstance(given, list):
        pairs = (str(each).partition("=") for each in given)
        return {name: value for name, sign, value in pairs if sign}
    return {}


def _servers_own(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that servers read themselves; all others belong to the application, which runs here."""
    prefixes = ("GUNICORN_", "UVICORN_", "GRANIAN_", "WEB_CONCURRENCY")
    return {name: value for name, value in variables.items() if name.startswith(prefixes)}


def read_beginning(path: Path) -> str:
    """Return a file of a checkout as text, of a long one its beginning; nothing if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
