"""The interpreters in the report: those shared, packages in columns, pairs where there are several."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.environment import Environment
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Grid
from stackduel.report.sections.interpreters import blocks, gil_text, interpreter_lines, sections
from tests.stackduel.makers import run
from tests.stackduel.report.interpreted import FREE, OLD, interpreted


def on(**interpreters: InterpreterFacts) -> Run:
    """A run of stacks on these interpreters, without any trial."""
    return replace(run([]), environment=replace(Environment(), interpreters=interpreters))


def grids(found: Run) -> list[Grid]:
    """The tables of the section of the environment."""
    return [each for each in blocks(found) if isinstance(each, Grid)]


def test_stacks_of_one_environment_share_a_row_and_a_column() -> None:
    """Each has packages of its own, none of them in two versions; the twin is no stack of its own."""
    quart = replace(OLD, packages={"quart": "0.20.0", "jinja2": "3.1.6"})
    found = on(**{"flask": OLD, "quart": quart, "flask.twin": OLD})
    interpreters, packages = grids(found)
    assert interpreters.rows == (("all", "CPython 3.11.7", "GCC 12.2.0, PGO", "on", "not in this build"),)
    assert packages.headings == ("package", "all")
    assert packages.rows == (("flask", "3.1.3"), ("jinja2", "3.1.6"), ("quart", "0.20.0"))
    assert list(interpreter_lines(found)) == ["Interpreters: all on CPython 3.11.7."]


def test_a_package_in_another_version_is_another_environment() -> None:
    """Then each has a column, and a package that one lacks a dash."""
    other = replace(OLD, packages={"flask": "2.3.3"}, other_packages=1)
    _, packages = grids(on(old=OLD, new=other))
    assert packages.headings == ("package", "old", "new")
    assert packages.rows == (("flask", "3.1.3", "2.3.3"), ("jinja2", "3.1.6", "-"))
    assert list(interpreter_lines(on(old=OLD, new=other))) == ["Interpreters: all on CPython 3.11.7."]


def test_a_free_threaded_build_says_why_it_has_the_gil() -> None:
    """By a setting, or for a module that does not say it can do without."""
    assert [gil_text(each) for each in (OLD, FREE)] == ["on", "off"]
    assert gil_text(replace(FREE, gil="on")) == "on by a setting"
    assert gil_text(replace(FREE, gil_forced_by="shop")) == "on: shop needs it"
    assert list(interpreter_lines(on(today=OLD, free=FREE))) == [
        "Interpreters: today on CPython 3.11.7; free on CPython 3.14.1 free-threaded (GIL off, JIT on)."
    ]


def test_two_stacks_on_two_interpreters_are_compared_each_with_itself() -> None:
    """The second stack beside the first interpreter, where the table of results has the baseline alone."""
    (section,) = sections(interpreted())
    interpreters, pairs, _ = section.blocks
    assert isinstance(interpreters, Grid)
    assert interpreters.rows[1] == (
        "flask@3.14t, quart@3.14t", "CPython 3.14.1 free-threaded", "Clang 19", "off", "on",
    )  # fmt: skip
    assert isinstance(pairs, Grid)
    assert [(row[1:4], row[4].partition("x")[0], row[5]) for row in pairs.rows] == [
        (("flask", "3.14t", "3.11"), "1.30", "faster"),
        (("quart", "3.14t", "3.11"), "0.80", "slower"),
    ]


def test_with_one_stack_the_table_of_results_has_the_pair_already() -> None:
    """Only what it ran on is left to say."""
    (section,) = sections(interpreted({"flask@3.11": OLD, "flask@3.14t": FREE}))
    assert len(section.blocks) == 1


def test_a_run_without_them_says_nothing() -> None:
    """Neither has a run of an older version, nor one of servers elsewhere."""
    assert list(blocks(run([]))) == []
    assert list(sections(run([]))) == []
    assert list(interpreter_lines(run([]))) == []
