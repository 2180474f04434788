"""The one list of sections: every module is in it, and every section can be shown in every form."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.model.run import Run
from stackduel.report import sections
from stackduel.report.html.document import HtmlPage
from stackduel.report.html.document import render as html
from stackduel.report.markdown.passages import passages
from stackduel.report.sections.advice import Headline
from stackduel.report.sections.blocks import Block, Chart, Code, Failures, Folded, Grid, Paragraph, Section, Sentences
from stackduel.report.sections.contents import CONTENTS, ReportForm, SectionMaker, folded
from stackduel.report.terminal.page import Page
from stackduel.report.terminal.section_view import show_sections
from tests.stackduel.profile_runs import profile_run
from tests.stackduel.report.chatted import chatted, of_a_model
from tests.stackduel.report.html.outline import outline, read
from tests.stackduel.report.html.runs import SEARCHES, compared
from tests.stackduel.report.interpreted import interpreted
from tests.stackduel.report.judged import judged
from tests.stackduel.report.large import large
from tests.stackduel.report.modelled import modelled

# Sections of other things than a run.
NOT_OF_A_RUN = {"changes", "trend", "trend_history"}
# The sections that a form leaves out, and why. A new section is in every form, or has its reason here.
LEFT_OUT = {
    ("at_a_glance", "terminal"): "the tables of scenarios have the same figures",
    ("speedups", "markdown"): "at_a_glance has the same figures as a table",
    ("speedups", "terminal"): "the tables of scenarios have the same figures",
    ("bottlenecks", "markdown"): "at_a_glance names what limits each stack",
    ("bottlenecks", "terminal"): "the column binds of the tables has them",
    ("search_winners", "terminal"): "search_results has the few figures one below the other",
    ("head_to_head", "markdown"): "report.html has it",
    ("scenarios", "markdown"): "at_a_glance has the main figures of every scenario, report.html all of them",
    ("crossover", "markdown"): "its curves are a chart",
    ("crossover", "terminal"): "its curves are a chart",
    ("validity", "markdown"): "notes count these trials; the reasons are long",
    ("validity", "terminal"): "notes count these trials; the reasons are long",
    ("environment", "markdown"): "conditions has it in a few lines",
    ("environment", "terminal"): "it is long, and the reader sits at this machine",
    ("conditions", "html"): "environment and how to repeat the run have the same facts",
    ("conditions", "terminal"): "the reader has just typed the command",
    ("pair_results", "markdown"): "at_a_glance has the main figures, report.html all of them",
    ("pair_results", "terminal"): "the tables show all stacks; head_to_head has the suite's own pair",
    ("all_stacks", "html"): "speedups and migration_matrix have the same figures",
    ("all_stacks", "terminal"): "the tables of scenarios have the same figures",
    ("run_insights", "markdown"): "a comment is read for the advice; report.html has them",
    ("run_insights", "terminal"): "the advice is its last line",
    ("recommendations", "markdown"): "a comment is read for the advice; report.html has them",
    ("recommendations", "terminal"): "the advice is its last line",
}
RUNS = (
    *(
        compared(),
        modelled(),
        judged(),
        large(stacks=4, scenarios=5),
        interpreted(),
        profile_run(),
        chatted(),
        of_a_model(),
    ),
    *SEARCHES.values(),
)
LISTED = [maker for makers in CONTENTS.values() for maker in makers if maker.__name__ != "each_folded"]
EVERY_BLOCK = Section(
    "new",
    "A new section",
    (
        Paragraph("Two sentences."),
        Code("GET /new"),
        Grid("A caption", ("stack", "req/s"), (("slow", "12.3"),)),
        Sentences(("It is so.",)),
        Failures((("fast: not measured", "it died"),)),
        Folded("Few need it", (Paragraph("Folded."),)),
    ),
)


def in_html(section: Section) -> str:
    return outline(read(html(HtmlPage("", "", Headline(""), "", [section], [], ""))))


def in_markdown(section: Section) -> str:
    return "\n".join(line for each in passages(section) for line in each.lines)


def in_terminal(section: Section) -> str:
    console = Console(file=io.StringIO(), width=200)
    show_sections([section], Page(console))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


FORMS = {"html": in_html, "markdown": in_markdown, "terminal": in_terminal}


def grids(blocks: tuple[Block, ...]) -> Iterator[Grid]:
    for block in blocks:
        if isinstance(block, Grid):
            yield block
        elif isinstance(block, Folded):
            yield from grids(block.blocks)


def modules_of(form: ReportForm) -> set[str]:
    """The modules whose sections are in a form, those that are folded there included."""
    folded_ones = [cell.cell_contents for maker in CONTENTS[form] for cell in maker.__closure__ or ()]
    return {maker.__module__.rpartition(".")[2] for maker in (*CONTENTS[form], *folded_ones)}


def made(maker: SectionMaker) -> list[Section]:
    """The sections that a maker has for any of the runs."""
    return [section for run in RUNS for section in maker(run)]


def test_a_section_is_one_module_and_one_line_of_the_list() -> None:
    """Every module with a function ``sections`` of a run is in each form, but for the exceptions with a reason."""
    names = {path.stem for path in Path(sections.__file__).parent.glob("*.py")} - {"__init__", "contents"}
    modules = {name: import_module(f"stackduel.report.sections.{name}") for name in names - NOT_OF_A_RUN}
    with_sections = {name for name, module in modules.items() if hasattr(module, "sections")}
    absent = {(name, form) for name in with_sections for form in CONTENTS if name not in modules_of(form)}
    assert absent == set(LEFT_OUT)


@pytest.mark.parametrize("maker", LISTED, ids=lambda maker: f"{maker.__module__.rpartition('.')[2]}.{maker.__name__}")
def test_every_section_can_be_shown_in_every_form(maker: SectionMaker) -> None:
    """Wherever the list has it today: its title and the first cell of each table of it are there."""
    found = made(maker)
    assert found
    for section in found:
        for name, form in FORMS.items():
            text = form(section)
            assert section.title in text, name
            if name != "terminal":
                assert all(
                    heading in text.replace("\\", "") for grid in grids(section.blocks) for heading in grid.headings[:1]
                )


@pytest.mark.parametrize("form", FORMS)
def test_a_new_section_needs_nothing_of_a_renderer(form: str) -> None:
    """One that holds every kind of block is shown as it is: no renderer knows sections by name."""
    text = FORMS[form](EVERY_BLOCK)
    for part in ("A new section", "Two sentences.", "GET /new", "12.3", "It is so.", "fast: not measured", "it died"):
        assert part in text
    assert "Few need it" in text


def test_a_folded_section_has_its_title_as_the_line_that_stands_for_it() -> None:
    """And all of its blocks below it."""
    (section,) = folded(lambda _run: [EVERY_BLOCK])(Run.__new__(Run))
    assert section.blocks == (Folded(EVERY_BLOCK.title, EVERY_BLOCK.blocks),)


def test_a_chart_is_a_table_where_there_is_no_script() -> None:
    """Markdown has its sentence and its figures, or says where they are; a terminal leaves it out."""
    few = Grid("t", ("stack", "req/s"), (("slow", "12.3"),))
    many = Grid("t", ("stack", "req/s"), (("slow", "12.3"),) * 30)
    small, large = (
        Section("x", "X", (Chart("bars", "A chart", "More is better.", {"panels": []}, grid),)) for grid in (few, many)
    )
    assert "| slow | 12.3 |" in in_markdown(small)
    assert "More is better." in in_markdown(small)
    assert in_markdown(large) == "## X\n\nA chart: see report.html."
    assert "12.3" not in in_terminal(small)
