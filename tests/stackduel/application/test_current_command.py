"""The current command: the user's own, or that of a Procfile, a Dockerfile or a compose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.application.current_command import found_command, given_command
from stackduel.model.errors import FieldError

BIND = ("--bind", "{host}:{port}")
TO = ("--host", "{host}", "--port", "{port}")


@pytest.mark.parametrize(
    ("text", "argv", "env"),
    [
        pytest.param("gunicorn shop.wsgi -w 4", ("gunicorn", *BIND, "shop.wsgi", "-w", "4"), {}, id="gunicorn"),
        pytest.param("gunicorn -b :80 -b0.0.0.0:81 --bind=:82 shop", ("gunicorn", *BIND, "shop"), {}, id="all-binds"),
        pytest.param("A=1 exec gunicorn shop", ("gunicorn", *BIND, "shop"), {"A": "1"}, id="assignment"),
        pytest.param("uv run uvicorn --port $PORT shop:app", ("uvicorn", *TO, "shop:app"), {}, id="uv-run"),
        pytest.param("python -m uvicorn --host 0.0.0.0 shop:app", ("python", "-m", "uvicorn", *TO, "shop:app"), {},
                     id="module"),
        pytest.param("waitress-serve --listen=*:80 shop:app",
                     ("waitress-serve", "--listen={host}:{port}", "shop:app"), {}, id="waitress"),
        pytest.param("hypercorn -b :80 shop:app", ("hypercorn", *BIND, "shop:app"), {}, id="hypercorn"),
        pytest.param("granian --port 80 --interface asgi shop:app",
                     ("granian", *TO, "--interface", "asgi", "shop:app"), {}, id="granian"),
        pytest.param("flask run -p {port}", ("flask", "run", "-p", "{port}"), {}, id="unknown-with-a-port"),
        pytest.param("gunicorn -w ${WEB:-3} shop", ("gunicorn", *BIND, "-w", "3", "shop"), {}, id="default"),
        pytest.param("sh -c 'gunicorn shop'", ("gunicorn", *BIND, "shop"), {}, id="shell"),
    ],
)  # fmt: skip
def test_a_given_command_gets_its_address_at_each_start(text: str, argv: tuple[str, ...], env: dict[str, str]) -> None:
    """Whatever it listened on is left out; all else stays as it is."""
    command = given_command(text, {})
    assert (command.argv, dict(command.env)) == (argv, env)


def test_what_makes_sense_only_there_is_left_out_and_said() -> None:
    """A reloader and a file with the process's id are none of the server's settings."""
    command = given_command("gunicorn --reload --pid /run/shop.pid -D shop -w 2", {})
    assert command.argv == ("gunicorn", *BIND, "shop", "-w", "2")
    assert command.left_out == ("--reload", "--pid", "-D")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("flask run", r"'flask' is no server that is known here: write \{port\}", id="unknown"),
        pytest.param("python manage.py migrate && gunicorn shop", "one command", id="two"),
        pytest.param("gunicorn 'shop", "No closing quotation", id="quotes"),
        pytest.param("gunicorn -w $WORKERS shop", r"\$WORKERS has no value here", id="variable"),
        pytest.param("", "one command", id="empty"),
    ],
)
def test_a_given_command_that_cannot_be_started_is_refused(text: str, says: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(FieldError, match=says):
        given_command(text, {})


DOCKERFILE = """
FROM python:3.12 AS build
CMD ["gunicorn", "other"]
FROM python:3.12
ENV WORKERS=3 WEB_CONCURRENCY=2
# CMD nothing
ENTRYPOINT ["sh", "-c", "exec gunicorn \\
    -w $WORKERS shop.wsgi"]
"""
COMPOSE = """
services:
  database: {image: postgres}
  worker: {command: celery -A shop worker}
  web:
    command: ["uvicorn", "--port", "80", "shop.wsgi:app"]
    environment: [UVICORN_LOOP=uvloop, SHOP=1]
"""


@pytest.mark.parametrize(
    ("files", "origin", "argv", "env"),
    [
        pytest.param({"Procfile": "release: python manage.py migrate\nworker: gunicorn other\nweb: gunicorn shop.wsgi"},
                     "Procfile, web", ("gunicorn", *BIND, "shop.wsgi"), {}, id="procfile"),
        pytest.param({"Procfile": "web: gunicorn other\napi: gunicorn shop.wsgi:app"},
                     "Procfile, api", ("gunicorn", *BIND, "shop.wsgi:app"), {}, id="the-one-that-names-the-module"),
        pytest.param({"Dockerfile": DOCKERFILE}, "Dockerfile, CMD",
                     ("gunicorn", *BIND, "-w", "3", "shop.wsgi"), {"WEB_CONCURRENCY": "2"}, id="dockerfile"),
        pytest.param({"Dockerfile": 'FROM a\nENTRYPOINT ["gunicorn"]\nCMD ["shop.wsgi", "-w", "4"]'}, "Dockerfile, CMD",
                     ("gunicorn", *BIND, "shop.wsgi", "-w", "4"), {}, id="entrypoint-and-cmd"),
        pytest.param({"Dockerfile": "FROM a\nCMD python m.py && gunicorn shop.wsgi"}, "Dockerfile, CMD",
                     ("gunicorn", *BIND, "shop.wsgi"), {}, id="shell-form"),
        pytest.param({"compose.yaml": COMPOSE}, "compose.yaml, web",
                     ("uvicorn", *TO, "shop.wsgi:app"), {"UVICORN_LOOP": "uvloop"}, id="compose"),
    ],
)  # fmt: skip
def test_the_files_of_a_checkout_say_how_it_is_started(
    tmp_path: Path, files: dict[str, str], origin: str, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    """One that names the module is meant, else the first."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = found_command(tmp_path, "shop.wsgi", {})
    assert found.command is not None
    assert (found.command.origin, found.command.argv, dict(found.command.env)) == (origin, argv, env)
    assert not found.notes


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        pytest.param("Procfile", "web: python app.py", "Procfile, web was passed over: python app.py starts no server",
                     id="unknown"),
        pytest.param("Dockerfile", "FROM a\nCMD gunicorn -w $CORES shop", "$CORES has no value here", id="variable"),
        pytest.param("compose.yml", "services: [", "compose.yml was passed over: is no YAML", id="no-yaml"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, text: str, note: str) -> None:
    """No command is guessed."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = found_command(tmp_path, "shop", {})
    assert found.command is None
    assert any(note in each for each in found.notes)


def test_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    """No file, no note."""
    assert found_command(tmp_path, "shop", {}).command is None
