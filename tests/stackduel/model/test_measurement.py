"""The words for how requests end, and what makes an answer right."""

from __future__ import annotations

import json

import pytest

from stackduel.model.measurement import Expectation, Outcome
from stackduel.model.suite import Check


def test_every_outcome_says_what_it_means() -> None:
    """Each outcome has a sentence of its own, and is its name in JSON."""
    assert len({outcome.meaning for outcome in Outcome}) == len(Outcome)
    assert all(outcome.meaning.endswith(".") and outcome.meaning[0].isupper() for outcome in Outcome)
    assert json.loads(json.dumps({Outcome.TOO_LARGE: 1})) == {"too-large": 1}
    assert Outcome("reset") is Outcome.RESET


@pytest.mark.parametrize(
    ("check", "expectation"),
    [
        ("status", Expectation(200, None, None)),
        ("length", Expectation(200, 3, None)),
        ("body", Expectation(200, 3, b"abc")),
    ],
)
def test_an_expectation_holds_as_much_as_is_checked(check: Check, expectation: Expectation) -> None:
    """A verified answer gives an expectation of its status, of its length too, or of its bytes as well."""
    assert Expectation.of(200, b"abc", check) == expectation


@pytest.mark.parametrize(
    ("status", "length", "same", "outcome"),
    [
        (200, 3, True, Outcome.OK),
        (500, 3, True, Outcome.STATUS),
        (500, 4, False, Outcome.STATUS),
        (200, 4, False, Outcome.WRONG_LENGTH),
        (200, 3, False, Outcome.WRONG_BODY),
    ],
)
def test_an_answer_is_judged_by_the_first_thing_that_is_wrong(
    status: int, length: int, same: bool, outcome: Outcome
) -> None:
    """Status comes before length, and length before bytes."""
    assert Expectation.of(200, b"abc", "body").judge(status=status, length=length, same=same) is outcome


def test_what_is_not_expected_is_not_judged() -> None:
    """Without a length to expect, any length is right."""
    assert Expectation(204).judge(status=204, length=99, same=True) is Outcome.OK
