"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from stackduel.model.counted import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 requests"), (1, "1 request"), (2, "2 requests"), (1234567, "1,234,567 requests")]
)
def test_a_number_has_its_noun(number: int, text: str) -> None:
    """In the plural unless it is one, with its thousands apart as everywhere else in reports."""
    assert counted(number, "request") == text
