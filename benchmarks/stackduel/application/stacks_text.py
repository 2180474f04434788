"""The text of a stacks file for an application: TOML in which each key stands with what it is for.

A line that begins with ``#`` and no blank is a setting that is off: without the ``#`` it is valid.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from stackduel.application.stacks_draft import DraftRequest, StacksDraft
from stackduel.model.application import CurrentCommand, Interpreter
from stackduel.model.counted import counted
from stackduel.planning.command_line import SHELL_WORD
from stackduel.planning.suites_by_name import suite_names
from stackduel.traffic.suite_text import comment, quoted

STACK = "today"
MOST_NAME = 60
WIDTH = 110
# Words that a text keeps together without quotes.
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./{}*\[\]()~-]+")
TOP = """\
# A command that is run before each start, and brings back data that requests have changed.
#reset = "python seed.py"
# What a core and a GiB of memory cost for an hour: results then have the costs of a million requests.
#price = { cpu_hour = 0.04, gib_hour = 0.005 }
"""
BESIDE = """\
# What it needs beside it: started before each start, ended after it, and not measured. In env of the stack then:
# DATABASE_URL = "postgres://postgres:${DB_PASSWORD}@{db.host}:{db.port}/postgres"
#[companions.db]
#image = "postgres:17"
#port = 5432
#env = { POSTGRES_PASSWORD = "${DB_PASSWORD}" }

# Requests that are sent once after each start, such as a login. What they give stands in the paths and headers of
# later requests, as in headers = { Authorization = "Bearer {token}" }; cookies go with all of them.
#[[setup]]
#path = "/login"
#form = { user = "ada", password = "${PASSWORD}" }
#json = { token = "/token" }
"""
# One load, so that the first run is short, and a comparison of commits takes the same.
LOAD = """\
[load]
# Clients, each of which sends its next request when the last one was answered. [1, 64] measures with each number.
connections = 16
# How many seconds each request is measured in each block, and how many it warms up before that.
duration_s = 3.0
warmup_s = 1.0
# Requests of each client that warm up, at least.
warmup_rounds = 1

# Bounds of which a broken one ends a run with the exit status 1.
#[thresholds]
#p99_ms = 200
#errors = 0
"""
REQUESTS = """\
# The requests that are measured, one after another. A request may also have method, headers, body, form, files,
# status, ignore (places in JSON that may differ) and values_file (values for {name}, from a CSV file).\
"""
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class StacksPlace:
    """Where the file is to lie, the folder that it was asked for in, and the command that makes it."""

    path: Path
    root: Path
    made_by: str

    @property
    def folder(self) -> Path:
        """The folder that its paths are relative to."""
        return self.path.parent

    def holds(self, path: PurePath) -> bool:
        """Return whether a path lies in the same checkout, so that it is the same for all who have that."""
        roots = [each for each in (self.root, *self.root.parents) if (each / ".git").exists()]
        return path.is_relative_to(roots[0] if roots else self.root)


def stacks_text(draft: StacksDraft, place: StacksPlace, commands: tuple[str, ...] = ()) -> str:
    """Return the text of the file; ``commands`` are those that take it, for its head."""
    lines = [
        *_head(draft, place, commands),
        comment("The name by which its runs are listed and compared."),
        f"name = {quoted(suite_name(place.root))}",
        TOP,
        *_stack(draft, place),
        BESIDE,
        LOAD,
        *_requests(draft),
    ]
    return "\n".join(lines) + "\n"


def relative_to(path: PurePath, folder: Path) -> str:
    """Return a path as it is read from a folder, as TOML and a shell on every system take it."""
    return PurePath(os.path.relpath(path, folder)).as_posix()


def suite_name(root: Path) -> str:
    """Return a name for the suite: that of the checkout's folder, as far as a suite may be so called."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", root.name).strip("-._")[:MOST_NAME]
    return f"own-{name}" if name in suite_names() else name or "own"


def _head(draft: StacksDraft, place: StacksPlace, commands: tuple[str, ...]) -> Iterator[str]:
    application = draft.found.application
    yield comment("How stackduel starts this application, and what it asks it.")
    yield comment(f"Made by: {place.made_by}")
    yield comment(f"{application.name}: {application.kind} ({draft.found.origin}).")
    yield comment()
    for command in commands:
        yield comment(f"  {command}")
    if commands:
        yield comment()
    yield comment("Lines that begin with # and no blank are settings that are off: remove the # to use them.")
    yield comment("Every key is explained in docs/own-stacks.md of stackduel.")
    yield ""


def _stack(draft: StacksDraft, place: StacksPlace) -> Iterator[str]:
    found = draft.found
    yield f"[stacks.{STACK}]"
    left_out = " ".join(found.command.left_out)
    only_there = f" Left out, as it makes sense only there: {left_out}." if left_out else ""
    yield from _prose(f"From {found.command.origin}.{only_there} {{host}} and {{port}} are filled in at each start.")
    yield f"command = {_command(found.command.argv)}"
    yield from _python(found.application.interpreter, found.command, place)
    if (cwd := relative_to(found.application.folder, place.folder)) != ".":
        yield comment("The folder that the command runs in.")
        yield f"cwd = {quoted(cwd)}"
    yield comment("What the others of a comparison are compared with.")
    yield 'tier = "baseline"'
    yield comment("Variables of the command; ${NAME} is taken from your shell, and never shown or stored.")
    if found.command.env:
        yield f"env = {_table(found.command.env)}"
    else:
        yield '#env = { DATABASE_URL = "${DATABASE_URL}" }'
    if host := found.application.host:
        yield comment("The Host header of every request: the application refuses others (ALLOWED_HOSTS).")
        yield f"host = {quoted(host)}"
    else:
        yield comment("The Host header of every request, if the application allows only some.")
        yield '#host = "shop.example"'
    yield comment("The path that answers 2xx once the server is ready, if that is not known from the first request.")
    yield '#health = "/health"'
    yield comment("How many seconds a start may take (30).")
    yield "#start_s = 60"
    yield comment("How many requests it can hold at once, if the command does not say it.")
    yield "#slots = 40"
    yield ""
    yield comment("Another way to start it, that is compared with the first.")
    yield "#[stacks.tomorrow]"
    yield f"#command = {_command(found.command.argv)}"
    for line in _python(found.application.interpreter, found.command, place):
        if line.startswith("python"):
            yield f"#{line}"
    if cwd != ".":
        yield f"#cwd = {quoted(cwd)}"
    yield '#tier = "settings"'
    yield ""


def _python(interpreter: Interpreter, command: CurrentCommand, place: StacksPlace) -> Iterator[str]:
    path = interpreter.path
    inside = place.holds(path)
    shown = relative_to(path, place.folder) if inside else path.as_posix()
    by_shell = shutil.which(command.argv[0])
    if not inside and by_shell is not None and PurePath(by_shell).parent == path.parent:
        yield comment("The interpreter that it runs with: without this line the one that your shell finds.")
        yield f"#python = {quoted(shown)}"
        return
    yield comment("The interpreter that it runs with. Without this line it is the one that your shell finds, as in CI.")
    yield f"python = {quoted(shown)}"


def _requests(draft: StacksDraft) -> Iterator[str]:
    yield REQUESTS
    for request in draft.asked:
        yield ""
        yield from _request(request)
    rest = [request for request in draft.requests if request.off]
    if rest:
        yield ""
        yield comment("Not measured, with the reason:")
    for request in rest:
        yield ""
        yield from _request(request)
    if draft.unlisted:
        yield ""
        yield comment(f"And {counted(draft.unlisted, 'more route')} of the application.")


def _request(request: DraftRequest) -> Iterator[str]:
    off = "#" if request.off else ""
    if said := "; ".join(filter(None, (request.note, request.off))):
        yield from _prose(f"{said[0].upper()}{said[1:]}.")
    yield f"{off}[[requests]]"
    yield f"{off}name = {quoted(request.name)}"
    if request.method != "GET":
        yield f"{off}method = {quoted(request.method)}"
    yield f"{off}path = {quoted(request.path)}"
    headers = dict.fromkeys(request.headers, "...")
    if request.method in BODY_METHODS:
        headers["Content-Type"] = "application/json"
    if headers:
        yield f"{off}headers = {_table(headers)}"
    if request.method in BODY_METHODS:
        yield f"{off}body = '{{}}'"
    if request.status != 200:
        yield f"{off}status = {request.status}"


def _prose(text: str) -> Iterator[str]:
    """Yield a comment in lines that an editor shows whole."""
    yield from map(comment, textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False))


def _command(argv: tuple[str, ...]) -> str:
    """Return a command as a text; as a list of words where a text would need quotes within it."""
    if all(PLAIN.fullmatch(word) and not SHELL_WORD.fullmatch(word) for word in argv):
        return quoted(" ".join(argv))
    return f"[{', '.join(map(quoted, argv))}]"


def _table(values: Mapping[str, str]) -> str:
    return f"{{ {', '.join(f'{quoted(name)} = {quoted(value)}' for name, value in values.items())} }}"
