"""Servers without a solution: remembered for a day, for what was asked alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.application.layer_refusals import REMEMBERED_S, has_any, refusal_file, remember, remembered

ASKED = ("gunicorn>=20.1", "gevent>=24.10.1")
NOW_S = 1e9


@pytest.mark.parametrize(
    ("asked", "later_s", "is_known"),
    [
        pytest.param(ASKED, 0.0, True, id="at-once"),
        pytest.param(ASKED, REMEMBERED_S - 1, True, id="within-a-day"),
        pytest.param(ASKED, REMEMBERED_S, False, id="a-day-later"),
        pytest.param(ASKED, -60.0, False, id="the-clock-was-set-back"),
        pytest.param(("gevent>=25",), 0.0, False, id="other-requirements"),
    ],
)
def test_a_refusal_is_remembered_for_a_day(
    tmp_path: Path, asked: tuple[str, ...], later_s: float, is_known: bool
) -> None:
    """With its reason; another version of stackduel may ask for something else."""
    assert not has_any(tmp_path)
    place = tmp_path / "key" / "gunicorn-gevent"
    place.parent.mkdir()
    remember(place, "greenlet is too old", ASKED, NOW_S)
    found = remembered(place, asked, NOW_S + later_s)
    assert (found.reason if found else None) == ("greenlet is too old" if is_known else None)
    assert has_any(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"reason": "no", "requirements": 3, "refused_s": 0}'])
def test_what_somebody_damaged_is_forgotten(tmp_path: Path, content: str) -> None:
    """Then pip is asked again."""
    refusal_file(tmp_path / "granian").write_text(content, encoding="utf-8")
    assert remembered(tmp_path / "granian", ASKED) is None
