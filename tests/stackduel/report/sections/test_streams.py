"""The section of event streams: its tables, its charts, and the columns that nothing is known for."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.report.sections import scenarios, streams
from stackduel.report.sections.blocks import Chart, Grid, Paragraph, Section, Sentences
from tests.stackduel.makers import STREAMING, run, stream_figures, streamed, trial
from tests.stackduel.report.chatted import chatted


def the_section(made: Run) -> Section:
    (section,) = streams.sections(made)
    return section


def rows(section: Section, number: int) -> list[dict[str, str]]:
    """The rows of a table of the section, by heading."""
    grid = [block for block in section.blocks if isinstance(block, Grid)][number]
    return [dict(zip(grid.headings, row, strict=True)) for row in grid.rows]


def test_due_made_and_read_stand_beside_each_other() -> None:
    """Of each stack, with the counts of how its streams ended."""
    section = the_section(chatted())
    times, costs = rows(section, 0)[1], rows(section, 1)[1]
    assert (times["stack"], times["due-read p50"], times["p99"]) == ("fast", "10.0", "10.0")
    assert (times["due-made p99"], times["made-read p99"], times["stalls"]) == ("1.00", "9.00", "5")
    assert (costs["us/event"], costs["events/s"], costs["delay ratio"]) == ("100 (100-100)", "500", "4.00x (4.00-4.00)")
    assert (costs["complete"], costs["cut"], costs["cut after"]) == ("40", "5", "17")
    assert "timers" not in costs
    assert "faulty" not in costs


def test_the_proxy_and_the_heartbeats_have_columns_where_there_are_any() -> None:
    """CPU time of the proxy for an event apart from the server's, and comments for each stream."""
    plain = streamed("slow", 10)
    assert plain.measurement.streams is not None
    figures = replace(plain.measurement.streams, heartbeats=12, opened=4)
    behind = replace(
        plain,
        place=replace(plain.place, stack="fast"),
        measurement=replace(plain.measurement, streams=figures),
        proxy_cpu_s=1e-5 * figures.events,
    )
    of_slow, of_fast = rows(the_section(conclude(run([plain, behind], scenarios=(STREAMING,)))), 1)
    assert (of_slow["proxy"], of_slow["heartbeats"]) == ("-", "-")
    assert (of_fast["proxy"], of_fast["heartbeats"]) == ("10.0", "3.00")


def test_the_cost_of_timers_stands_beside_that_of_events() -> None:
    """Of the scenario that has a control, which has no table and no section of its own."""
    made = chatted(idle=True)
    section = the_section(made)
    assert [row["timers"] for row in rows(section, 1)] == ["50.0", "50.0"]
    assert "timers" not in rows(section, 3)[0]
    assert sum(isinstance(block, Grid) for block in section.blocks) == 4
    shown = [section.title for section in scenarios.tables_alone(made)]
    assert shown == ["chat-8: all stacks", "chat-64: all stacks"]


def test_a_chart_shows_delay_by_load_and_by_event_number() -> None:
    """One for both loads, one for each; a form without charts has the tables alone."""
    made = chatted()
    charts = [block for block in the_section(made).blocks if isinstance(block, Chart)]
    by_load, *by_number = charts
    (panel,) = by_load.data["panels"]
    assert [each["points"] for each in panel["series"]] == [[[8, 40.0], [64, 80.0]], [[8, 10.0], [64, 20.0]]]
    assert len(by_number) == 2
    (alone,) = streams.tables_alone(made)
    assert not any(isinstance(block, Chart) for block in alone.blocks)


def test_streams_without_a_timetable_have_no_added_delay() -> None:
    """They are named, their column is left out, and they are compared by CPU time alone."""
    timed = streamed("fast", 10)
    untimed = replace(timed, measurement=replace(timed.measurement, streams=stream_figures(9)))
    made = conclude(run([untimed], scenarios=(STREAMING,)))
    section = the_section(made)
    assert "p99" not in rows(section, 0)[0]
    (remark,) = (block for block in section.blocks if isinstance(block, Sentences))
    assert remark.items == ("No timetable by this machine's clock, so no added delay: fast.",)


def test_the_scenario_says_what_is_compared() -> None:
    """CPU time, or added delay where it has a control."""
    texts = [
        block.text
        for made in (chatted(), chatted(idle=True))
        for block in next(iter(scenarios.tables_alone(made))).blocks
        if isinstance(block, Paragraph)
    ]
    assert sum("Compared by the server's CPU time for an event." in text for text in texts) == 1
    assert sum("Compared by the p99 of the added delay of events, not below 1 ms." in text for text in texts) == 1


def test_a_run_without_streams_has_no_such_section() -> None:
    """Nothing is said of what is not there."""
    assert not list(streams.sections(run([trial("slow", 10)])))
