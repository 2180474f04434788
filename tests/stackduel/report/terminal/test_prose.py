"""Sentences as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.report.terminal.prose import WIDEST, harmless, wrap


def test_lines_hang_below_the_first() -> None:
    """The first line has its own beginning, all others as much space."""
    assert wrap("one two three four", 12, "- ") == ["- one two", "  three four"]
    assert wrap("one two three four", 12, "- ", "    ") == ["- one two", "    three", "    four"]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("it takes 24.0 ms (37 %); rest", 16, ["it takes 24.0 ms", "(37 %); rest"]),
        (
            "it takes 24.0 ms (37 %); rest",
            14,
            ["it takes", "24.0 ms", "(37 %); rest"],
        ),
        ("is at 9.0x (8.3-9.8); the host", 12, ["is at", "9.0x (8.3-9.8);", "the host"]),
        ("a rate of p99 520 ms each", 14, ["a rate of", "p99 520 ms", "each"]),
        ("up to >= 1,000 req/s here", 15, ["up to >=", "1,000 req/s", "here"]),
        ("for 30 seconds", 6, ["for 30", "seconds"]),
    ],
)
def test_a_number_stays_beside_its_unit_and_its_interval(text: str, width: int, lines: list[str]) -> None:
    """A reader at the end of a line knows what it is a number of."""
    assert wrap(text, width) == lines


def test_a_word_that_has_no_room_is_whole_and_far_on_the_left() -> None:
    """A path can be copied from the terminal."""
    path = "/a/path/of/thirty-five/characters/x"
    assert wrap(f"where: {path} it is", 20, "name      ") == ["name      where:", f"  {path}", "          it is"]
    assert wrap(path, 20, "name      ") == ["name", f"  {path}"]


def test_line_breaks_and_double_spaces_stay() -> None:
    """A log keeps its lines and their indents, a title its gap."""
    assert wrap("it died\n  File x\nlast", 40, "", "  ") == ["it died", "    File x", "  last"]
    assert wrap("quick  GET /", 40) == ["quick  GET /"]


def test_nothing_from_outside_moves_the_cursor() -> None:
    """Escape sequences, carriage returns and bells of a server's log are gone, its text is not."""
    assert harmless("\x1b[31mred\x1b[0m \x1b]0;title\x07\rdone\x07\tx") == "red done    x"


@given(st.text(), st.integers(1, 150))
def test_no_line_is_too_wide_unless_it_is_one_word(text: str, width: int) -> None:
    """Whatever the text, words are kept in their order, and a wide line is a single thing."""
    lines = wrap(text, width, "  ")
    assert " ".join(lines).split() == harmless(text).split()
    for line in lines:
        glued = [part for part in line.split(" ") if part]
        assert len(line) <= min(width, WIDEST) or len(glued) == 1 or any(part[-1:] in "0123456789x" for part in glued)
