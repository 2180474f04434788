"""Drafts of stacks files made up for tests: an application with some routes that lies in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stackduel.application.found_application import FoundApplication
from stackduel.application.stacks_draft import StacksDraft, draft_of
from stackduel.application.stacks_text import StacksPlace
from stackduel.model.application import ApplicationRoute, CurrentCommand
from tests.stackduel.tuned import application

COMMAND = CurrentCommand(("gunicorn", "--bind", "{host}:{port}", "shop:app"), {}, "Procfile, web", ("--reload",))
ROUTES = (
    ApplicationRoute("/docs", ("GET",), of_framework=True),
    ApplicationRoute("/", ("GET",)),
    ApplicationRoute("/health", ("GET",)),
    ApplicationRoute("/users", ("GET", "POST")),
    ApplicationRoute("/users/{id}", ("GET", "DELETE")),
    ApplicationRoute("/search?q={q}", ("GET",), ("X-Token",)),
    ApplicationRoute("/übersicht/ä b", ("GET",)),
)


def found(folder: Path, routes: Sequence[ApplicationRoute] = ROUTES, command: CurrentCommand = COMMAND,
          python: Path | None = None) -> FoundApplication:  # fmt: skip
    """An application that lies in ``folder``, with an interpreter in its ``.venv`` unless it has another."""
    path = python or folder / ".venv" / "bin" / "python"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    app = application("wsgi")
    app = replace(app, folder=folder, routes=tuple(routes), interpreter=replace(app.interpreter, path=path))
    return FoundApplication(app, "Procfile, web", command)


def draft(folder: Path, routes: Sequence[ApplicationRoute] = ROUTES, command: CurrentCommand = COMMAND) -> StacksDraft:
    """The draft for it."""
    return draft_of(found(folder, routes, command))


def place(folder: Path, name: str = "stackduel.toml") -> StacksPlace:
    """A file in the folder, or below it."""
    return StacksPlace(folder / name, folder, "stackduel init")
