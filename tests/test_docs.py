"""The docs say what the code does: their tables are compared with it, their links followed, their examples read."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import pytest

from stackduel.analysis.gates import KINDS, METHOD
from stackduel.analysis.matrix import matrix_verdict
from stackduel.model.comparison import Verdict
from stackduel.model.errors import FieldError
from stackduel.model.histogram import fewest_for
from stackduel.model.measurement import Outcome
from stackduel.model.trial import TrialState
from stackduel.planning.fields import Fields
from stackduel.planning.load_file import parse_loads
from stackduel.planning.request_file import parse_mix
from stackduel.planning.stacks_file import parse_own_file
from stackduel.planning.suite_file import parse_scenarios, parse_suite
from stackduel.report.sections.result_table import FIGURES, NAMES

ROOT = Path(__file__).parents[1]
METHOD_PAGE = ROOT / "docs" / "method.md"
SUITES_PAGE = ROOT / "docs" / "suites.md"
OWN_PAGE = ROOT / "docs" / "own-stacks.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
RANGE = re.compile(r"([\d.,]+) to ([\d.,]+)")

CLOSED = {"connections": 1, "duration_s": 1.0}
SCENARIO = {"name": "one", "path": "/", "victim": "/", "load": CLOSED}
SUITE = """
summary = "s"
baseline = "a"
stacks = ["a"]
{}
[[scenario]]
name = "one"
path = "/"
load = {{ connections = 1, requests = 1 }}
"""


def read_suite(table: Mapping[str, Any]) -> object:
    return parse_suite("s", SUITE.format("\n".join(f"{key} = {value}" for key, value in table.items())))


def read_scenario(table: Mapping[str, Any]) -> object:
    return parse_scenarios("s", {**SCENARIO, **table})


def read_request(table: Mapping[str, Any]) -> object:
    return parse_mix(Fields("s", {"request": [{"path": "/", **table}]}))


def read_closed(table: Mapping[str, Any]) -> object:
    return parse_loads({**CLOSED, **table}, "s")


def read_open(table: Mapping[str, Any]) -> object:
    return parse_loads({"rate": 1, "duration_s": 1.0, **table}, "s")


# The tables of docs/suites.md, by heading, and what reads such a table.
TABLES: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "## The suite": read_suite,
    "## A scenario": read_scenario,
    "## A request": read_request,
    "## A closed loop": read_closed,
    "## An open loop": read_open,
}


def section(page: Path, heading: str) -> str:
    """Return the text below a heading, up to the next one of its level."""
    level = heading.partition(" ")[0]
    text = page.read_text(encoding="utf-8")
    assert f"\n{heading}\n" in text, f"{page.name} has no {heading!r}"
    return text.partition(f"\n{heading}\n")[2].partition(f"\n{level} ")[0]


def rows(text: str, first: str) -> Iterator[list[str]]:
    """The cells of each row of the table whose first heading is ``first``."""
    lines = iter(text.splitlines())
    assert any(line.startswith(f"| {first} |") for line in lines), f"no table begins with {first!r}"
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def codes(cells: Iterator[str]) -> list[str]:
    """All that stands between backticks."""
    return [code for cell in cells for code in CODE.findall(cell)]


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_gate_stands_in_the_method_with_its_kind_and_its_bounds() -> None:
    """The page's gates are those of the code, and so are the names and defaults of their bounds."""
    table = list(rows(section(METHOD_PAGE, "## Gates: may a trial count at all?"), "gate"))
    kinds = {code: row[1] for row in table for code in CODE.findall(row[0])}
    bounds = {code: number(row[4]) for row in table for code in CODE.findall(row[3])}
    assert kinds == dict(KINDS)
    assert bounds == asdict(METHOD)


def test_every_column_is_explained() -> None:
    """The page explains all columns that a table can have, and no others."""
    explained = codes(row[0] for row in rows(section(METHOD_PAGE, "## The columns of a table"), "column"))
    assert sorted(explained) == sorted({*NAMES, *(name for each in FIGURES.values() for name in each)})


def test_every_outcome_is_explained() -> None:
    """The page explains all ends of a request."""
    explained = codes(row[0] for row in rows(section(METHOD_PAGE, "## Right and wrong answers"), "outcome"))
    assert sorted(explained) == sorted(outcome.value for outcome in Outcome)


def test_every_state_and_every_verdict_is_explained() -> None:
    """The page has all words for trials and for comparisons."""
    states = section(METHOD_PAGE, "## Gates: may a trial count at all?")
    assert all(f"`{state}`" in states for state in (*get_args(TrialState), "failed"))
    verdicts = [row[0] for row in rows(section(METHOD_PAGE, "## Verdicts"), "verdict")]
    assert sorted(verdicts) == sorted(get_args(Verdict))


def test_the_percentiles_ask_for_as_many_requests_as_the_page_says() -> None:
    """The page has the least number of requests of each percentile."""
    table = dict(rows(section(METHOD_PAGE, "## Closed and open loops"), "percentile"))
    assert {name: number(count) for name, count in table.items()} == {
        name: fewest_for(float(name.removeprefix("p")) / 100) for name in table
    }
    assert list(table) == ["p50", "p90", "p95", "p99", "p99.9"]


@pytest.mark.parametrize(
    ("speedup", "bound"),
    [(1.02, "up to 1.02x"), (1.03, "below 2x"), (2.0, "below 5x"), (5.0, "up to 10x"), (10.01, "above 10x")],
)
def test_the_migration_matrix_has_the_words_of_the_page(speedup: float, bound: str) -> None:
    """Each bound of the page's matrix leads to its word."""
    table = dict(rows(section(METHOD_PAGE, "## The migration matrix"), "mean"))
    assert len(table) == 5
    assert matrix_verdict(speedup) == table[bound]


def test_the_numbers_of_the_method_are_the_code_s() -> None:
    """Every number of the page's last table is the constant that it names."""
    table = list(rows(section(METHOD_PAGE, "## Numbers of the method"), "what"))
    for _, value, where in table:
        module, _, name = where.strip("`").rpartition(".")
        assert getattr(importlib.import_module(module), name) == number(value), where
    assert len(table) > 10


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_of_a_suite_is_explained(heading: str) -> None:
    """The page has all keys that a suite's table may hold, and no others."""
    explained = codes(row[0] for row in rows(section(SUITES_PAGE, heading), "key"))
    with pytest.raises(FieldError, match="unknown field") as raised:
        TABLES[heading]({"surprise": 1})
    known = str(raised.value).partition("(known: ")[2].removesuffix(")").split(", ")
    assert sorted(explained) == sorted(known)


@pytest.mark.parametrize("heading", ["## The suite", "## A request", "## A closed loop", "## An open loop"])
def test_every_bound_of_a_suite_s_keys_is_the_code_s(heading: str) -> None:
    """The least and the most of each number are those that the error names."""
    for name, bounds, *_ in rows(section(SUITES_PAGE, heading), "key"):
        if found := RANGE.fullmatch(bounds):
            with pytest.raises(FieldError) as raised:
                TABLES[heading]({name.strip("`"): -1})
            low, high = str(raised.value).rpartition(" from ")[2].partition(",")[0].split(" to ")
            assert (float(low), float(high)) == (number(found[1]), number(found[2])), name


def test_the_examples_of_the_pages_can_be_read(tmp_path: Path) -> None:
    """The suite and the stacks file that the pages show are valid."""
    suite = parse_suite("shop", example(SUITES_PAGE))
    assert [scenario.name for scenario in suite.scenarios] == ["slow-10", "slow-100", "mix", "users-50", "users-200"]
    document = tomllib.loads(example(OWN_PAGE))
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    own = parse_own_file("mine.toml", document, tmp_path, {"DATABASE_URL": "db", "TOKEN": "t"})
    assert (list(own.stacks), own.name) == (["today", "tomorrow"], "shop")


@pytest.mark.parametrize("kind", ['command = "serve {port}"', 'image = "shop:2"', 'url = "http://127.0.0.1:1"'])
def test_every_key_of_a_stack_is_explained(kind: str) -> None:
    """The page has all keys that a stack of the user's own may hold."""
    explained = codes(row[0] for row in rows(OWN_PAGE.read_text(encoding="utf-8"), "field"))
    with pytest.raises(FieldError, match="unknown field") as raised:
        parse_own_file("mine.toml", tomllib.loads(f"[stacks.one]\n{kind}\nsurprise = 1"), ROOT, {})
    known = str(raised.value).partition("(known: ")[2].removesuffix(")").split(", ")
    assert {key if key == "port" else f"stacks.NAME.{key}" for key in known} <= set(explained)


def example(page: Path) -> str:
    """The first TOML file that a page shows."""
    return page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    """Each link to a file of ours, and to a heading in it, has its end."""
    text = page.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.is_file(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
