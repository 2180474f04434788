"""Text that no reader sees is not shown."""

from __future__ import annotations

import pytest

from stackduel.model.visible_text import visible, visible_values


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä 日本 😀 \t\r\n", "plain ä 日本 😀 \t\r\n"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07x\x1b]8;;http://a\x1b\\link", "red xlink"),
        ("\x1bPq#0\x1b\\a\x1b^b\x1b\\c\x1b_d\x07e", "ace"),
        ("unfinished \x1b[ \x1b]0;", "unfinished [ ]0;"),
        ("\x9b31m \x00\x07\x08\x7f", "31m "),
        ("turned \u202eback\u202c \u2066in\u2069 \u200e\u200f\u061c", "turned back in "),
        ("line\u2028and\u2029paragraph\x85\x0b", "line and paragraph  "),
        ("hidden\U000e0041\U000e007f words", "hidden words"),
        ("half \ud800 a character", "half \ud800 a character"),
    ],
)
def test_only_what_is_seen_stays(text: str, shown: str) -> None:
    """Escape sequences, controls, turns of direction and letters of no shape go; every language stays."""
    assert visible(text) == shown


def test_a_value_is_visible_at_every_depth() -> None:
    """Its texts and the names of its members; numbers and switches are what they were."""
    value = {"a\u202e": [("b\x1b[1m", 1, 1.5, None, True)]}
    assert visible_values(value) == {"a": [["b", 1, 1.5, None, True]]}
