"""The better stack by what searches found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.estimates import Median
from stackduel.model.run import Run
from stackduel.model.search_results.capacity import Capacity, Windows
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_settings import CapacitySettings, ColdStartSettings
from stackduel.report.markdown.document import render
from stackduel.report.sections.search_winners import in_a_sentence, when_lines, winners, winners_grid
from tests.stackduel.report.html.runs import SEARCHES, searched


def capacities(**rates: float) -> Run:
    found = {name: Capacity("p99=200ms", Windows(rate, 5, 5), None) for name, rate in rates.items()}
    made = searched(CapacitySettings(), **found)
    return replace(made, baseline=next(iter(rates)))


def cold(**launches: tuple[float, float, float]) -> Run:
    same = Median(3.0, 2.0, 4.0, 0.95)
    found = {
        name: ColdStart((), Median(*bounds, 0.95), same, same, None, "slow", None) for name, bounds in launches.items()
    }
    return searched(ColdStartSettings(), **found)


def test_without_intervals_the_leader_is_named_as_not_tested() -> None:
    """Beside the baseline, or beside the next best where the baseline itself is ahead; less than 5 % is a tie."""
    (each,) = winners(capacities(slow=100, fast=400, faster=470))
    assert (each.winner, each.tested, each.beside) == ("faster", False, "slow")
    assert each.ratio == pytest.approx(4.7)
    (each,) = winners(capacities(slow=470, fast=100, faster=400))
    assert (each.winner, each.beside) == ("slow", "faster")
    assert each.ratio == pytest.approx(1.175)
    (each,) = winners(capacities(slow=100, fast=104))
    assert each.winner == "tie"
    assert list(when_lines([each])) == ["No figure separates the stacks: what they cost to run and to move to decides."]
    assert "no stack differs from the best, fast (104)" in in_a_sentence(each)


def test_with_intervals_the_best_has_to_lie_beyond_all_others() -> None:
    """Less is better of times; where two overlap, neither wins."""
    launch, first, warm = winners(cold(slow=(800, 700, 900), fast=(400, 350, 450)))
    assert (launch.winner, launch.tested, launch.ratio) == ("fast", True, 2.0)
    assert (first.winner, warm.winner) == ("tie", "tie")
    launch, *_ = winners(cold(slow=(800, 700, 900), fast=(400, 350, 450), near=(430, 380, 480)))
    assert launch.winner == "tie"
    assert list(when_lines([launch])) != []


def test_the_table_and_the_choice_say_the_same() -> None:
    """A row a figure, a line a stack."""
    found = winners(capacities(slow=100, fast=400))
    assert winners_grid(found).rows == (
        ("waiting", "capacity req/s", "fast (not tested)", "400", "slow", "100", "4.00x"),
    )
    assert list(when_lines(found)) == [
        "fast: better where these count: capacity req/s in waiting, 400 beside slow's 100 (not tested)."
    ]


def test_one_stack_alone_has_no_winner() -> None:
    """Its sentence is the first that the report says."""
    made = capacities(slow=100)
    assert winners(made) == ()
    assert render(made).splitlines()[2].startswith("**Answer: slow: Keeps p99=200ms up to at least 100 req/s")


@pytest.mark.parametrize("mode", SEARCHES)
def test_every_search_has_a_report(mode: str) -> None:
    """With conditions, results and notes."""
    text = render(SEARCHES[mode])
    assert all(f"\n## {title}\n" in text for title in ("How it was measured", "Results", "Notes"))
