"""Several questions at once, and the ends of waiting for their answers."""

from __future__ import annotations

import threading
import time

import pytest

from stackduel.verify.at_once import AT_ONCE, Wait, ask_at_once


def test_results_come_in_the_order_of_the_questions() -> None:
    """However many there are, and whichever is answered first."""
    questions = [lambda _wait, number=number: number for number in range(3 * AT_ONCE)]
    assert ask_at_once(questions, quiet_s=5) == list(range(3 * AT_ONCE))


def test_no_questions_are_answered_at_once() -> None:
    """Nobody waits for nothing."""
    assert ask_at_once([], quiet_s=60) == []


def test_slow_answers_one_after_another_are_waited_for() -> None:
    """A server that handles one request at a time may take longer for all of them than for each."""
    one = threading.Lock()

    def slow(_wait: Wait) -> str:
        with one:
            time.sleep(0.3)
        return "done"

    assert ask_at_once([slow] * 4, quiet_s=1.0) == ["done"] * 4


def test_silence_ends_the_wait() -> None:
    """Answers given stay; requests in flight may tell how far they came; the others are None."""

    def never(wait: Wait) -> str:
        wait.called_off.wait(60)
        return "given up"

    def deaf(_wait: Wait) -> str:
        time.sleep(20)
        return "too late"

    began_s = time.monotonic()
    assert ask_at_once([lambda _wait: "right", never, deaf], quiet_s=0.3) == ["right", "given up", None]
    assert time.monotonic() - began_s < 10


def test_the_end_of_the_server_ends_the_wait() -> None:
    """Nobody waits out the timeout of a server that is gone."""
    began_s = time.monotonic()
    assert ask_at_once([lambda wait: wait.called_off.wait(60)], quiet_s=60, ended=lambda: "it ended") == [True]
    assert time.monotonic() - began_s < 10


def test_an_error_of_a_question_is_raised() -> None:
    """An error that nobody expected is not taken for an answer."""

    def broken(_wait: Wait) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        ask_at_once([broken], quiet_s=5)
