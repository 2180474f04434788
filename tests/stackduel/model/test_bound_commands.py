"""A command of a known server with its address left open."""

from __future__ import annotations

import pytest

from stackduel.model.bound_commands import bound, logs_access


def test_what_starts_no_known_server_is_none() -> None:
    """Neither a script nor a server's name among the arguments."""
    assert bound(("python", "app.py")) is None
    assert bound(("flask", "run", "gunicorn")) is None


@pytest.mark.parametrize(
    ("line", "logs"),
    [
        ("gunicorn shop", False),
        ("gunicorn --access-logfile - shop", True),
        ("uvicorn shop:app", True),
        ("uvicorn --no-access-log shop:app", False),
        ("granian shop:app", False),
        ("granian --access-log shop:app", True),
        ("hypercorn --access-logfile - shop:app", True),
        ("waitress-serve shop:app", False),
        ("python app.py", False),
    ],
)
def test_an_access_log_is_known_by_its_option(line: str, logs: bool) -> None:
    """Uvicorn alone has one without being told."""
    assert logs_access(line.split()) is logs
