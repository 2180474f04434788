"""The live page's news, without a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from stackduel.model.trial import Failure, Place
from stackduel.report.live.board import MOST_LINES, Board
from tests.stackduel.makers import run, trial


def now(board: Board) -> dict[str, Any]:
    return dict(json.loads(board.texts.now))


def trials(board: Board) -> dict[str, Any]:
    return dict(json.loads(board.texts.trials))


def dots(board: Board, title: str, stack: str) -> list[float]:
    """The figures of a stack in the chart of that title; none where there is no such chart."""
    rows = [
        row
        for chart in trials(board)["charts"]
        if chart["title"] == title
        for row in chart["panels"][0]["rows"]
        if row["stack"] == stack
    ]
    return [dot["value"] for row in rows for dot in row["dots"]]


RATES = "waiting: Requests per second, block by block"
SLOWEST = "waiting: Latency of the slowest hundredth (p99), block by block"


def test_figures_join_their_stack_as_they_come() -> None:
    """Each trial that counts adds its rate; a search's probes count for the scenario that they began from."""
    board = Board(run([]))
    for block, requests in enumerate((40, 60), 1):
        board.finished(trial("slow", requests, block=block))
    board.finished(trial("fast", 400, scenario="waiting@30"))
    assert dots(board, RATES, "slow") == [20.0, 30.0]
    assert dots(board, RATES, "fast") == [200.0]
    board.update_now(0.5, 30.0)
    assert (now(board)["measured"], now(board)["share"], now(board)["left_s"]) == (3, 0.5, 30)


def test_a_percentile_of_too_few_requests_is_not_shown() -> None:
    """The live page keeps the method's bounds: no p99 below 459 requests."""
    board = Board(run([]))
    board.finished(trial("slow", 458))
    assert dots(board, SLOWEST, "slow") == []
    board.finished(trial("slow", 459, block=2))
    assert len(dots(board, SLOWEST, "slow")) == 1


def test_what_does_not_count_is_listed_with_its_reason_and_not_drawn() -> None:
    """Void trials and failures are lines; a noisy one is a line and a hollow dot."""
    board = Board(run([]))
    board.finished(replace(trial("slow", 40), state="void", reason="busy"))
    board.finished(Failure(Place("fast", "waiting", 1), "it died"))
    assert trials(board)["charts"] == []
    board.finished(replace(trial("slow", 40, block=2), state="noisy", reason="noise"))
    lines = trials(board)["lines"]
    assert [line.rpartition(": ")[2] for line in lines] == ["busy", "it died", "noise"]
    assert trials(board)["charts"][0]["panels"][0]["rows"][0]["dots"][0]["noisy"]


def test_the_current_trial_s_figures_are_those_between_two_messages() -> None:
    """Requests since the last message per second of it, latencies as told, and nothing left of the trial before."""
    board = Board(run([]))
    board.answered(10, 0.5, 12.0)
    board.answered(30, 1.0, 15.0)
    board.answered(30, 1.0, 15.0)
    board.answered(30, 1.5, None)
    board.update_now(0, 0)
    assert now(board)["throughput"]["panels"][0]["series"][0]["points"] == [[0.5, 20.0], [1.0, 40.0], [1.5, 0.0]]
    assert now(board)["latency"]["panels"][0]["series"][0]["points"] == [[0.5, 12.0], [1.0, 15.0]]
    board.do("something else")
    board.update_now(0, 0)
    assert now(board)["throughput"] is None
    assert now(board)["latency"] is None


def test_a_long_run_does_not_make_the_page_grow_without_end() -> None:
    """Of a thousand failures the page holds the latest."""
    board = Board(run([]))
    for block in range(1, 1001):
        board.finished(Failure(Place("fast", "waiting", block), "x"))
    lines = trials(board)["lines"]
    assert len(lines) == MOST_LINES
    assert "block 1000" in lines[-1]


def test_unchanged_texts_keep_their_number() -> None:
    """The numbers tell a reader which of the two texts is new."""
    board = Board(run([]))
    before = board.texts
    board.update_now(0.1, 1.0)
    after = board.texts
    assert after.trials_number == before.trials_number
    assert after.now_number > before.now_number
