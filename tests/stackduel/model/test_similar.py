"""The name that a user probably meant."""

from __future__ import annotations

import pytest

from stackduel.model.similar import did_you_mean

STACKS = ("flask-gunicorn", "flask-gthread", "fastapi-uvicorn", "quart-hypercorn")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("fastapi-uvicron", "; did you mean fastapi-uvicorn?"),
        ("Flask-Gunicorn", "; did you mean flask-gunicorn?"),
        ("quart", "; did you mean quart-hypercorn?"),
        ("flask", "; did you mean flask-gthread or flask-gunicorn?"),
        ("zebra", ""),
        ("", ""),
    ],
)
def test_a_close_name_is_offered_and_no_other(name: str, told: str) -> None:
    """Letters that were mixed up, other case, and the beginning of a name; nothing for what resembles none."""
    assert did_you_mean(name, STACKS) == told
