"""Clients that leave, in words."""

from __future__ import annotations

from stackduel.model.client_settings import LeavingSettings, SlowReadersSettings
from stackduel.model.search_results.leaving import Leaving, Noticing
from stackduel.model.search_results.slow_readers import HeldBack, SlowReaders
from stackduel.report.markdown.document import render
from stackduel.report.sections.client_cells import leaving_sentences, slow_sentences
from tests.stackduel.report.html.runs import SEARCHES, searched


def held(**sides: HeldBack | None) -> list[str]:
    """The sentences of a run whose handlers were held back so."""
    found = {name: SlowReaders((), 1024, each, None, None, None, None, None) for name, each in sides.items()}
    return list(slow_sentences(searched(SlowReadersSettings(), **found)))


def answers(**noticed: Noticing | None) -> list[str]:
    """The sentences of a run whose handlers noticed so."""
    found = {name: Leaving((), each, None, None, None, None, None) for name, each in noticed.items()}
    return list(leaving_sentences(searched(LeavingSettings(), **found)))


def test_the_first_the_last_and_who_never_notices() -> None:
    """Each by its worst; who knows nothing is not named; another mode has no such sentence."""
    quick, slow, blind = Noticing(4, 0, 1.0, 2.0), Noticing(4, 0, 500.0, 1020.0), Noticing(1, 3, 9.0, 9.0)
    (told,) = answers(a=quick, b=slow, c=blind, d=None)
    first_and_last = "waiting: a notices all that leave within 2.00 ms, b within 1,020 ms"
    assert told == f"{first_and_last}; not noticed within the window by c (3 of 4)."
    assert answers(a=quick) == ["waiting: a notices all that leave within 2.00 ms."]
    assert answers(c=blind) == ["waiting: not noticed within the window by c (3 of 4)."]
    assert answers(d=None) == []
    assert list(leaving_sentences(SEARCHES["capacity"])) == []


def test_a_report_has_the_answer_and_the_columns() -> None:
    """The headline names who notices; the table has both sides, the memory and the others."""
    text = render(SEARCHES["leaving"])
    assert "slow notices all that leave within 81.0 ms; not noticed within the window by fast (2 of 6)." in text
    assert "| left | no stream | handler ms | worst | never | upstream ms | upstream worst | MiB before" in text
    assert "| MiB peak | MiB after | others' p99 ms | p99 ms beside | p99 ratio | cut |" in text


def test_whom_slow_readers_hold_back() -> None:
    """All of its streams or not; who knows nothing is not named; another mode has no such sentence."""
    waiting, running = HeldBack(4, 4, 40, 120, 39), HeldBack(1, 4, 119, 120, 118)
    assert held(a=waiting, b=running, c=None) == [
        "waiting: slow readers hold the handler back in a; it runs ahead of them to the window's end in b (3 of 4)."
    ]
    assert held(a=waiting) == ["waiting: slow readers hold the handler back in a."]
    assert held(c=None) == []
    assert list(slow_sentences(SEARCHES["leaving"])) == []


def test_a_report_shows_what_was_held_back() -> None:
    """How many were, how far ahead of the client, which part of what was due, and the memory of each."""
    text = render(SEARCHES["slow-readers"])
    assert "| slow | no stream | handler held | ahead | of due | upstream held | upstream ahead |" in text
    assert "| 1 of 1 | 43 | 37 % | 1 of 1 | 98 | 82 % | 4.50 |" in text
