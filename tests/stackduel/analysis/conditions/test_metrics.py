"""The pages explain every metric, with numbers that are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.analysis.conditions import reading
from stackduel.analysis.conditions.metrics import BETWEEN_RUNS, OF_A_RUN
from stackduel.analysis.conditions.reading import parse
from stackduel.analysis.conditions.scope import check
from stackduel.analysis.conditions.search_metrics import OF_A_SEARCH, kinds_of
from tests.stackduel.analysis.conditions.made import SCOPE

PAGE = Path(__file__).parents[4] / "docs" / "ci.md"
CODE = re.compile(r"`([^`]+)`")


def table(first: str) -> list[list[str]]:
    """The rows of the page's table whose first heading is that."""
    text = PAGE.read_text(encoding="utf-8").partition(f"| {first} |")[2].partition("\n\n")[0]
    return [line.strip("|").split("|") for line in text.splitlines()[2:]]


def test_every_metric_is_explained_with_numbers_that_are_right() -> None:
    """The page lists the metrics of the code, and its numbers are accepted."""
    explained = []
    for names, numbers, _ in table("metric"):
        for name in CODE.findall(names):
            explained.append(name)
            for number in CODE.findall(numbers):
                check(parse(f"{name} > {number}"), SCOPE)
    assert sorted(explained) == sorted(OF_A_RUN)


def test_every_metric_of_a_search_is_explained_with_numbers_that_are_right() -> None:
    """The page lists the metrics of each mode in the order of the code."""
    explained: dict[str, list[str]] = {}
    for modes, names, numbers, _ in table("mode"):
        (mode,) = CODE.findall(modes)
        for name in CODE.findall(names):
            explained.setdefault(mode, []).append(name)
            for number in CODE.findall(numbers):
                check(parse(f"{name} > {number}"), replace(SCOPE, metrics=kinds_of(mode)))
    assert explained == {mode: list(kinds_of(mode)) for mode in OF_A_SEARCH}


def test_the_page_has_the_grammar() -> None:
    """The page shows the grammar of the code, line by line."""
    rules = [line.strip() for line in (reading.__doc__ or "").splitlines() if " = " in line]
    assert len(rules) >= 4
    page = PAGE.read_text(encoding="utf-8")
    for rule in rules[:3]:
        assert rule in page


@pytest.mark.parametrize("written", [row[0] for row in table("written")])
def test_the_page_s_conditions_are_accepted(written: str) -> None:
    """The conditions in its table of bounds fit a run."""
    check(parse(written.strip().strip("`").replace("STACK", "new")), SCOPE)


def test_the_metrics_between_runs_are_explained() -> None:
    """The page of the history explains the metrics that one run alone does not have."""
    text = PAGE.with_name("history.md").read_text(encoding="utf-8").partition("| metric |")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines()[2:]]
    names = [name for row in rows for name in CODE.findall(row[0])]
    assert sorted(names) == sorted(set(BETWEEN_RUNS) - set(OF_A_RUN))
    for name, row in zip(names, rows, strict=True):
        for number in CODE.findall(row[1]):
            check(parse(f"{name} > {number}"), replace(SCOPE, metrics=BETWEEN_RUNS))
