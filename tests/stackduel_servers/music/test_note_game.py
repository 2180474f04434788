"""The note game."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.music import answers
from stackduel_servers.music.note_game import draw_question


@given(seed=st.integers(0, 999_999), measures=st.integers(1, 8))
def test_a_question_has_one_right_answer(seed: int, measures: int) -> None:
    """The note asked for is one of four different names, in an order that does not tell which."""
    question = draw_question(seed, measures)
    assert question.solution == question.melody.tones[question.number - 1].name
    assert len(set(question.options)) == 4
    assert question.solution in question.options
    assert list(question.options) == sorted(question.options)


def test_an_answer_is_judged() -> None:
    """Exactly the right one of the options is right, and every judgement names it."""
    asked = json.loads(answers.note_game(b"seed=5&measures=2").body)
    judged = {
        option: json.loads(answers.note_game(f"seed=5&measures=2&answer={option.replace('#', '%23')}".encode()).body)
        for option in asked["options"]
    }
    right = [option for option, answer in judged.items() if answer["right"]]
    assert right == [judged[right[0]]["solution"]]
    assert {answer["solution"] for answer in judged.values()} == set(right)
    assert "solution" not in asked
