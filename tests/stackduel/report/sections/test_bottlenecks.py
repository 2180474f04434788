"""Which ceilings bind, said once; and the shares of the in-process ceiling with their intervals."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.comparison import Limit
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Chart, Section, Sentences
from stackduel.report.sections.bottlenecks import sections
from tests.stackduel.report.html.runs import compared
from tests.stackduel.report.modelled import modelled


def why(run: Run) -> Section:
    (found,) = sections(run)
    return found


def shares(run: Run) -> list[Chart]:
    return [each for each in why(run).blocks if isinstance(each, Chart) and each.title.startswith("Share")]


def test_a_share_is_drawn_with_its_interval_in_the_order_of_the_stacks() -> None:
    """Every bar has the bounds that run.json holds, and its table the same."""
    made = modelled(range(1, 8))
    assert all(each.low is not None for each in made.ceiling_shares)
    (chart,) = shares(made)
    (panel,) = chart.data["panels"]
    assert [row["stack"] for row in panel["rows"]] == list(made.stacks)
    by_stack = {each.stack: each for each in made.ceiling_shares}
    for row in panel["rows"]:
        share = by_stack[row["stack"]]
        assert (row["low"], row["value"], row["high"]) == (share.low, share.share, share.high)
    assert "95 % interval" in chart.reading
    assert chart.grid.rows[0][:3] == ("crowd", "fastapi", "tiny")
    assert all(cell.endswith(" %") for row in chart.grid.rows for cell in row[3:6])


def test_too_few_blocks_leave_a_share_without_an_interval() -> None:
    """The bar stands, and nothing is said of an interval."""
    (chart,) = shares(modelled(range(1, 4)))
    assert all(row["low"] is None for row in chart.data["panels"][0]["rows"])
    assert "interval" not in chart.reading
    assert {row[4] for row in chart.grid.rows} == {"-"}


def test_a_run_without_a_model_alone_has_no_shares() -> None:
    """Only the ceilings of arithmetic are drawn."""
    assert shares(compared()) == []


def test_a_ceiling_is_named_once_for_all_scenarios() -> None:
    """Scenarios with the same stacks stand together, and what it means stands once."""
    names = ("slow", "tuned", "fast", "wrong")
    limits = tuple(
        Limit(scenario, stack, "offered", 100.0, 100.0, "Its rate is what was offered.")
        for scenario in ("waiting", "calling")
        for stack in names
    )
    (lines,) = (each for each in why(replace(compared(), limits=limits)).blocks if isinstance(each, Sentences))
    (sentence,) = lines.items
    assert sentence.startswith("What the load offers limited every stack in waiting and calling. The stack could ")
