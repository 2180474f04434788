"""How long a report is: what a reader of a comment or of a page has to go through, measured on stored runs."""

from __future__ import annotations

import gzip
import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.report.html.page import render as render_page
from stackduel.report.markdown.document import render as render_markdown
from stackduel.storage.run_document import run_from_dict

ROOT = Path(__file__).parents[3]
MOST_LINES = 60
MOST_WORDS = 2_500
STORED = {
    "example": ROOT / "docs" / "examples" / "quick.run.json.gz",
    **{path.name.partition(".")[0]: path for path in (ROOT / "tests" / "stored_runs").glob("*.gz")},
}
COMPARED = ("example", "quick")


def stored(name: str) -> Run:
    """A run as it was measured."""
    return run_from_dict(json.loads(gzip.decompress(STORED[name].read_bytes())))


def six_stacks(name: str) -> Run:
    """The same run with a sixth stack, which measured what the fifth did."""
    made = stored(name)
    fifth, sixth = "flask-fanout", "flask-a-sixth"
    extra = [
        replace(each, place=replace(each.place, stack=sixth)) for each in made.results if each.place.stack == fifth
    ]
    stacks = {**made.stacks, sixth: made.stacks[fifth]}
    suite = replace(made.suite, stacks=(*made.suite.stacks, sixth))
    return conclude(replace(made, suite=suite, stacks=stacks, results=(*made.results, *extra)))


def words(page: str) -> int:
    """All words of a page, those of folded parts included; a table's cells are words of their own."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return len(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.mark.parametrize("name", ["example", "quick", "capacity", "soak"])
def test_a_report_in_markdown_is_short(name: str) -> None:
    """Below sixty lines for up to two scenarios, whatever was measured."""
    assert len(render_markdown(stored(name)).splitlines()) < MOST_LINES


@pytest.mark.parametrize("name", COMPARED)
def test_six_stacks_in_two_scenarios_fit_into_sixty_lines(name: str) -> None:
    """With the advice, the change, one table, the conditions, the command and the notes."""
    text = render_markdown(six_stacks(name))
    assert len(text.splitlines()) < MOST_LINES
    assert text.count("\n|---|") == 1
    assert len(re.findall(r"^\| (?:fanout-10|waiting-50) \|", text, flags=re.MULTILINE)) == 12
    assert "`stackduel run quick" in text


@pytest.mark.parametrize("name", COMPARED)
def test_a_page_of_two_scenarios_is_below_2500_words(name: str) -> None:
    """All words of the file count, but for what a reader asks for: the tables of charts."""
    assert words(render_page(stored(name))) < MOST_WORDS
    assert words(render_page(six_stacks(name))) < MOST_WORDS


@pytest.mark.parametrize("name", COMPARED)
def test_a_run_without_a_gpu_says_nothing_of_one(name: str) -> None:
    """Neither a row, nor a column, nor a legend."""
    made = stored(name)
    assert "GPU" not in render_markdown(made)
    assert "GPU" not in html.unescape(re.sub(r"<(script|style)\b.*?</\1>", " ", render_page(made), flags=re.DOTALL))


@pytest.mark.parametrize("name", sorted(STORED))
def test_no_column_holds_nothing(name: str) -> None:
    """No table of a comment has a column of dashes or zeros alone."""
    for table in re.findall(r"(?:^\|.*\n)+", render_markdown(stored(name)), flags=re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
        for heading, _, *cells in zip(*rows, strict=True):
            assert {cell.strip() for cell in cells} - {"-", "0"}, heading
