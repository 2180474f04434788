"""The application that a command line names."""

from __future__ import annotations

import shlex

import pytest

from stackduel.application.named_application import application_in, flask_application


@pytest.mark.parametrize(
    ("line", "names", "folder"),
    [
        pytest.param("gunicorn -w 4 -b 0.0.0.0:80 shop.wsgi:app", ["shop.wsgi:app"], "", id="gunicorn"),
        pytest.param("gunicorn shop.wsgi --bind localhost:8000 -k gevent", ["shop.wsgi"], "", id="module-alone"),
        pytest.param("gunicorn 'shop:create_app()' --chdir src", ["shop:create_app()"], "src", id="factory"),
        pytest.param("uvicorn --factory shop:create_app --app-dir=src", ["shop:create_app()"], "src", id="uvicorn"),
        pytest.param("waitress-serve --call shop:create_app", ["shop:create_app()"], "", id="waitress"),
        pytest.param("python -m uvicorn --loop uvloop shop.asgi:application", ["shop.asgi:application"], "", id="m"),
        pytest.param("gunicorn -k uvicorn_worker.UvicornWorker -c python:conf shop:app", ["shop:app"], "", id="k"),
        pytest.param("gunicorn --preload shop", ["shop"], "", id="behind-a-flag"),
        pytest.param("gunicorn -c gunicorn.conf.py", [], "", id="in-its-configuration"),
    ],
)  # fmt: skip
def test_a_servers_command_names_it(line: str, names: list[str], folder: str) -> None:
    """Values of options and addresses are none, and the way in which a factory is named is the server's own."""
    found = application_in(shlex.split(line))
    assert found is not None
    assert ([*map(str, found.names)], found.folder) == (names, folder)


def test_other_commands_name_none() -> None:
    """A command that starts no known server names no application, but for Flask's own words."""
    assert application_in(["celery", "-A", "shop", "worker"]) is None
    assert flask_application(["flask", "--app", "shop:app", "run"]) == "shop:app"
    assert flask_application(["flask", "run"]) is None
    assert flask_application(["celery", "-A", "shop"]) is None
