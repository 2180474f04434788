"""The file for an application: what it holds, and that every line of it can be used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from stackduel.application.stacks_draft import (
    MOST_LISTED,
    OF_FRAMEWORK,
    DraftRequest,
    with_most,
)
from stackduel.application.stacks_text import STACK, stacks_text
from stackduel.model.application import ApplicationRoute, CurrentCommand
from stackduel.model.stack import Command
from stackduel.planning.stacks_file import OwnFile, parse_own_file
from stackduel.planning.toml_file import parse_toml
from tests.stackduel.drafted import COMMAND, ROUTES, draft, place

ENVIRON = {"DATABASE_URL": "db", "DB_PASSWORD": "secret", "PASSWORD": "secret"}


def own_file(text: str, folder: Path) -> OwnFile:
    """The content of a file's text."""
    return parse_own_file("stackduel.toml", parse_toml("stackduel.toml", text), folder, ENVIRON)


def test_it_is_what_the_commands_read(tmp_path: Path) -> None:
    """The stack with its command and interpreter, and a request for each route that needs nothing."""
    own = own_file(stacks_text(draft(tmp_path), place(tmp_path), ("stackduel run",)), tmp_path)
    source = own.stacks[STACK].source
    assert isinstance(source, Command)
    assert (source.argv, source.python) == (COMMAND.argv, PurePath(tmp_path / ".venv/bin/python"))
    assert own.stacks[STACK].tier == "baseline"
    assert {name: each.target for name, each in own.requests.items()} == {
        "home": "/", "health": "/health", "users": "/users", "C3-BCbersicht-C3-A4-20b": "/%C3%BCbersicht/%C3%A4%20b",
    }  # fmt: skip


def test_every_setting_that_is_off_is_valid(tmp_path: Path) -> None:
    """Without its # each line is a key that the commands know; so no comment can grow old."""
    text = stacks_text(draft(tmp_path), place(tmp_path))
    filled_in = re.sub(r"\{(id|q)\}", "7", text)
    own = own_file(re.sub(r"(?m)^#(?! |$)", "", filled_in), tmp_path)
    assert list(own.stacks) == [STACK, "tomorrow"]
    assert {"post-users", "users-id", "delete-users-id", "search", "docs"} < set(own.requests)
    assert (own.reset, bool(own.setup), own.stacks[STACK].companions[0].name) == (("python", "seed.py"), True, "db")
    assert own.thresholds
    assert own.prices


def test_what_must_be_filled_in_is_said(tmp_path: Path) -> None:
    """Parameters and headers, and that a request may change data."""
    off = {each.label: each.off for each in draft(tmp_path).requests if each.off}
    assert off == {
        "POST /users": "it may change data, which reset above brings back",
        "GET /users/{id}": "fill in {id}",
        "DELETE /users/{id}": "fill in {id}; it may change data, which reset above brings back",
        "GET /search?q={q}": "fill in {q} and the header X-Token",
        "GET /docs": OF_FRAMEWORK,
    }


def test_paths_are_those_of_the_files_own_folder(tmp_path: Path) -> None:
    """A file that lies elsewhere starts the command where the application is."""
    (tmp_path / "bench").mkdir()
    text = stacks_text(draft(tmp_path), place(tmp_path, "bench/shop.toml"))
    source = own_file(text, tmp_path / "bench").stacks[STACK].source
    assert isinstance(source, Command)
    assert (source.folder, source.python) == (tmp_path, tmp_path / ".venv/bin/python")
    assert 'cwd = ".."' in text


@pytest.mark.parametrize(
    "words", [("sh", "-c", "exec gunicorn -b :{port} 'a b'"), ("serve", 'say "{port}"', "\\", "é")]
)
def test_a_command_of_any_words_stays_what_it_is(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Blanks, quotes and backslashes, and its variables."""
    command = CurrentCommand(words, {"NAME": 'a "b" \\ c'}, "Procfile, web")
    source = own_file(stacks_text(draft(tmp_path, command=command), place(tmp_path)), tmp_path).stacks[STACK].source
    assert isinstance(source, Command)
    assert (source.argv, source.env) == (words, {"NAME": 'a "b" \\ c'})


def test_an_application_without_known_routes_is_asked_for_its_root(tmp_path: Path) -> None:
    """Also one whose routes all need something."""
    assert [each.label for each in draft(tmp_path, ()).asked] == ["GET /"]
    assert [each.label for each in draft(tmp_path, ROUTES[4:5]).asked] == ["GET /"]


def test_pages_of_the_framework_are_measured_only_where_nothing_else_is(tmp_path: Path) -> None:
    """They are asked where nothing else can be, and give way to the first page of the user's own."""
    made = draft(tmp_path, ROUTES[:1])
    assert [each.label for each in made.asked] == ["GET /", "GET /docs"]
    assert [each.off for each in with_most(made.requests, 5)] == ["", OF_FRAMEWORK]
    without = [replace(each, off="answers 404") if each.path == "/" else each for each in made.requests]
    assert [each.off for each in with_most(without, 5)] == ["answers 404", ""]


def test_the_most_are_those_that_answer_themselves(tmp_path: Path) -> None:
    """Redirects and pages that say whether the service is well come last."""
    requests = [DraftRequest("old", "/old", status=302), DraftRequest("health", "/health"), DraftRequest("a", "/a")]
    assert [each.name for each in with_most(requests, 1) if not each.off] == ["a"]
    assert [each.name for each in with_most(requests, 2) if not each.off] == ["health", "a"]
    assert "only 1" in with_most(requests, 1)[0].off


def test_thousands_of_routes_are_counted(tmp_path: Path) -> None:
    """The file lists some, and says how many more there are; equal paths get names of their own."""
    routes = tuple(ApplicationRoute(f"/a/{'-' * number}", ("GET",)) for number in range(MOST_LISTED + 7))
    made = draft(tmp_path, routes)
    text = stacks_text(made, place(tmp_path))
    assert (len(own_file(text, tmp_path).requests), made.unlisted) == (MOST_LISTED, 7)
    assert "# And 7 more routes of the application." in text
