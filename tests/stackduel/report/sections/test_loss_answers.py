"""The stacks that lost requests, in words."""

from __future__ import annotations

from stackduel.model.search_results.losses import Losses
from stackduel.model.search_results.recycling import RecycledRound, Recycling
from stackduel.model.search_settings import RecyclingSettings
from stackduel.report.markdown.document import render
from stackduel.report.sections.loss_answers import loss_sentences
from tests.stackduel.report.html.runs import SEARCHES, searched


def answers(**lost: int) -> list[str]:
    """The sentences of a run whose stacks lost so many requests."""
    found = {name: Recycling((RecycledRound(1, Losses(9, each, 0, 0), 1),)) for name, each in lost.items()}
    return list(loss_sentences(searched(RecyclingSettings(), **found)))


def test_those_that_lost_and_those_that_did_not_are_named() -> None:
    """The most lost come first; where all or none lost, the sentence says so; another mode has no such sentence."""
    assert answers(a=3, b=0, c=1200) == ["waiting: b lost no request; lost by c 1,200, a 3."]
    assert answers(a=0, b=0) == ["waiting: no stack lost a request: a, b."]
    assert answers(a=1, b=2) == ["waiting: every stack lost requests: b 2, a 1."]
    assert list(loss_sentences(SEARCHES["capacity"])) == []


def test_a_server_that_ended_is_not_praised() -> None:
    """One that lost nothing because it was gone is named so."""
    gone = Recycling((RecycledRound(1, Losses(0, 0, 200, 0), 0, "the server ended with exit status 0"),))
    assert list(loss_sentences(searched(RecyclingSettings(), slow=gone))) == [
        "waiting: no stack lost a request: slow (but it did not come back)."
    ]


def test_a_report_answers_by_losses() -> None:
    """The headline names them; an answer other than the right one is no loss, and is said beside it."""
    text = render(SEARCHES["shutdown"])
    assert "waiting: fast (but 3 answered otherwise) lost no request; lost by slow 20." in text
    assert "| stack | tier | stops | in flight | answered | lost | refused | other answers | ended s | killed |" in text
    assert "killed in 1 of 1, as its 5 s of grace were over" in text
    recycling = render(SEARCHES["recycling"])
    assert "in 1 of 1 it did not come back: the server ended with exit status 0." in recycling
