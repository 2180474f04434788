"""The pages explain every figure, with numbers that can be written."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.analysis.conditions import grammar
from stackduel.analysis.conditions.checking import check
from stackduel.analysis.conditions.grammar import parse
from stackduel.analysis.conditions.metrics import BETWEEN_RUNS, OF_A_RUN
from stackduel.analysis.conditions.search_metrics import OF_A_SEARCH, kinds_of
from tests.stackduel.analysis.conditions.made import SCOPE

PAGE = Path(__file__).parents[4] / "docs" / "ci.md"
CODE = re.compile(r"`([^`]+)`")


def table(first: str) -> list[list[str]]:
    """The rows of the page's table whose first heading is that."""
    text = PAGE.read_text(encoding="utf-8").partition(f"| {first} |")[2].partition("\n\n")[0]
    return [line.strip("|").split("|") for line in text.splitlines()[2:]]


def test_every_figure_is_explained_with_numbers_that_are_right() -> None:
    """The page's figures are those of the code, and what it shows as their numbers can be asked."""
    explained = []
    for names, numbers, _ in table("figure"):
        for name in CODE.findall(names):
            explained.append(name)
            for number in CODE.findall(numbers):
                check(parse(f"{name} > {number}"), SCOPE)
    assert sorted(explained) == sorted(OF_A_RUN)


def test_every_figure_of_a_search_is_explained_with_numbers_that_are_right() -> None:
    """Mode by mode, as the code has them."""
    explained: dict[str, list[str]] = {}
    for modes, names, numbers, _ in table("mode"):
        (mode,) = CODE.findall(modes)
        for name in CODE.findall(names):
            explained.setdefault(mode, []).append(name)
            for number in CODE.findall(numbers):
                check(parse(f"{name} > {number}"), replace(SCOPE, figures=kinds_of(mode)))
    assert explained == {mode: list(kinds_of(mode)) for mode in OF_A_SEARCH}


def test_the_page_has_the_grammar() -> None:
    """Line by line that of the code."""
    rules = [line.strip() for line in (grammar.__doc__ or "").splitlines() if " = " in line]
    assert len(rules) >= 6
    page = PAGE.read_text(encoding="utf-8")
    for rule in rules[:6]:
        assert rule in page


@pytest.mark.parametrize("written", [row[0] for row in table("written")])
def test_the_page_s_conditions_can_be_asked(written: str) -> None:
    """Those that stand in its table of bounds."""
    check(parse(written.strip().strip("`").replace("STACK", "new")), SCOPE)


def test_the_figures_between_runs_are_explained() -> None:
    """The page of the history has those that a run alone has not."""
    text = PAGE.with_name("history.md").read_text(encoding="utf-8").partition("| figure |")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines()[2:]]
    names = [name for row in rows for name in CODE.findall(row[0])]
    assert sorted(names) == sorted(set(BETWEEN_RUNS) - set(OF_A_RUN))
    for name, row in zip(names, rows, strict=True):
        for number in CODE.findall(row[1]):
            check(parse(f"{name} > {number}"), replace(SCOPE, figures=BETWEEN_RUNS))
