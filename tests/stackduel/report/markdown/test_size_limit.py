"""The parts of a report that has to fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackduel.report.markdown.passages import passages
from stackduel.report.markdown.size_limit import LIMIT, MOST_OF_ONE, Passage, fitted, left_out_text
from stackduel.report.sections.blocks import Paragraph, Section, Sentences


def spare(title: str, size: int) -> Passage:
    return Passage(title, ("x" * (size - 2),), required=False)


def test_what_comes_first_stands_and_the_rest_is_named() -> None:
    """Passages stand in their order as long as there is room; the others are named."""
    lines, left_out = fitted([spare("a", 400), Passage("top", ("top",)), spare("b", 400), spare("c", 400)], limit=1_900)
    assert [line[:3] for line in lines] == ["xxx", "", "top", "", "xxx"]
    assert left_out == ("c",)
    assert "Left out, to fit into 60,000 characters: c. All of it is in report.html" in left_out_text(left_out)


def test_one_that_is_smaller_still_stands() -> None:
    """A section too large for what is left does not take the room of the next."""
    lines, left_out = fitted([spare("a", 400), spare("b", 900), spare("c", 100)], limit=1_000 + 600)
    assert left_out == ("b",)
    assert len(lines) == 3


def test_what_has_to_stand_is_cut_at_whole_lines() -> None:
    """And says how many there were."""
    lines, left_out = fitted(
        passages(Section("notes", "Notes", (Sentences(tuple(f"{place} {'x' * 90}" for place in range(200))),)))
    )
    assert sum(len(line) + 1 for line in lines) <= MOST_OF_ONE
    assert lines[0] == "## Notes"
    shown = sum(line.startswith("- ") for line in lines)
    assert f"({200 - shown} more lines: see report.html" in lines[-1]
    assert left_out == ()


def test_a_section_without_lines_is_none() -> None:
    """Neither is its heading."""
    more = Section("more", "More", (Paragraph("x"),))
    made = [passage for each in (Section("notes", "Notes", ()), more) for passage in passages(each)]
    assert fitted(made)[0] == ("## More", "", "x")


def test_only_some_of_many_titles_are_named() -> None:
    """The note on parts that were left out is short itself."""
    text = left_out_text([f"scenario {place}" for place in range(30)])
    assert "scenario 7; and 22 more. " in text


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 9_000), max_size=30)), max_size=40))
def test_nothing_is_longer_than_the_limit(shape: list[tuple[bool, list[int]]]) -> None:
    """Whatever the sections, as long as those that must stand are nine."""
    must = 0
    sections = []
    for required, sizes in shape:
        must += required
        sections.append(Passage("s", tuple("x" * size for size in sizes), required and must <= 9))
    assert sum(len(line) + 1 for line in fitted(sections)[0]) <= LIMIT - 1_000
