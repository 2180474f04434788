"""Rows, figures and sentences of a report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.comparisons import compare
from stackduel.analysis.result_rows import ResultTable, tables
from stackduel.analysis.trial_gates import NOTED_ONLY
from stackduel.model.advice import Advice, RunAdvice
from stackduel.model.comparison import Comparison, Limit, Verdict
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.duration import duration
from stackduel.model.gpu_use import Gpu, GpuSample, GpuUse, used
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Victim, Warmup
from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Cost, Failure, Gate, Place, Result, Trial
from stackduel.report.sections.advice import advice_lines, answer, title
from stackduel.report.sections.bottlenecks import limit_lines
from stackduel.report.sections.crossover import shown_curves
from stackduel.report.sections.figures import figure, speedup_text
from stackduel.report.sections.loads import latency_kind
from stackduel.report.sections.migration_matrix import matrix_lines, matrix_note
from stackduel.report.sections.notes import notes
from stackduel.report.sections.result_table import grid
from stackduel.report.sections.validity import void_lines
from tests.stackduel.makers import WAITING, run, trial


def cells(table: ResultTable, baseline: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The headings and the rows of a scenario's table."""
    made = grid(table, baseline)
    return made.headings, made.rows


def compared(*results: Result, **tiers: str) -> Run:
    made = run(results, tiers or None)
    return replace(made, comparisons=compare(made.results, made.baseline))


def test_a_row_holds_medians_over_blocks_and_percentiles_of_all_requests() -> None:
    """Rates and costs are medians of the blocks, counts are sums, percentiles come from the merged histogram."""
    results = [trial("slow", requests, block=block) for block, requests in enumerate((100, 400, 120), 1)]
    (table,) = tables(compared(*results, slow="baseline"))
    (row,) = table.rows
    assert (row.rate_rps, row.succeeded) == (60.0, 620)
    assert row.latency.p99 == pytest.approx(100, rel=0.002)
    assert row.cpu_ms_per_request == pytest.approx(1000 * 0.5 / 120)
    assert cells(table, "slow")[1][0][:3] == ("slow", "baseline", "60.0")


def test_a_percentile_of_too_few_requests_is_a_dash() -> None:
    """p99 of 100 requests is a dash beside one of 500, and so is what was not measured."""
    (table,) = tables(compared(trial("slow", 100, cost=None), trial("fast", 500)))
    headings, (slow, fast) = cells(table, "slow")
    assert headings == ("stack", "tier", "req/s", "p50", "p95", "p99", "CPU", "MiB", "speedup")
    assert slow == ("slow", "baseline", "50.0", "100", "100", "-", "-", "-", "1")
    assert fast == ("fast", "rewrite", "250", "100", "100", "100", "1.00", "64", "5.00x")


def test_a_figure_that_no_stack_has_takes_no_room() -> None:
    """A column of dashes alone is left out, and so is one of zeros."""
    (table,) = tables(compared(trial("slow", 100, cost=None)))
    assert cells(table, "slow")[0] == ("stack", "tier", "req/s", "p50", "p95", "speedup")
    (table,) = tables(compared(trial("slow", 100, cost=None, failed=3)))
    assert "fail" in cells(table, "slow")[0]


def again(made: Trial, count: int, victim: int | None = None) -> Trial:
    """The trial, with so many requests sent a second time, and so many of its victim's."""
    seen = None if victim is None else Victim("GET /health", 20, 0, Histogram.of(np.array([1])), resent=victim)
    return replace(made, measurement=replace(made.measurement, resent=count, victim=seen))


def test_requests_that_were_sent_again_are_counted_where_there_are_any() -> None:
    """In a column, over all blocks, and with those of the victim in a note; without any there is neither."""
    made = compared(again(trial("slow", 100), 3), again(trial("slow", 100, block=2), 4, victim=5), trial("fast", 100))
    assert column(made, "resent") == {"slow": "7", "fast": "-"}
    assert "Requests sent again, as the server had closed their idle connections: slow 12." in notes(made)
    assert "resent" not in cells(tables(compared(trial("slow", 100)))[0], "slow")[0]
    assert not [note for note in notes(compared(trial("slow", 100))) if "sent again" in note]


def test_what_a_gpu_did_stands_in_its_own_columns() -> None:
    """Utilisation and power are medians of the blocks, memory is the most of any; a stack without has dashes."""
    device = Gpu("Fake 100", "GPU-aaaa", "1", 80_000)

    def use(utilisation: float, memory_mib: float) -> GpuUse:
        rounds = [(GpuSample(utilisation, memory_mib, None),)]
        found = used([device], rounds)
        assert found is not None
        return found

    blocks = [(33.0, 900.0), (55.0, 1200.0), (55.4, 800.0)]
    results = [replace(trial("slow", 100, block=at), gpu=use(*each)) for at, each in enumerate(blocks, 1)]
    (table,) = tables(compared(*results, trial("fast", 100)))
    headings, (slow, fast) = cells(table, "slow")
    at = headings.index("GPU %")
    assert headings[at : at + 2] == ("GPU %", "GPU MiB")
    assert "GPU W" not in headings
    assert (slow[at : at + 2], fast[at : at + 2]) == (("55", "1200"), ("-", "-"))


def test_a_failed_stack_has_a_reason_and_no_row() -> None:
    """A stack that was never measured stands below the table with its reason, once."""
    lost = [Failure(Place("fast", "waiting", block), "it died") for block in (1, 2)]
    (table,) = tables(compared(trial("slow", 10), *lost))
    assert [row.stack for row in table.rows] == ["slow"]
    assert table.failures == (("fast", "it died"),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.123, "0.12"),
        (9.87, "9.87"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (123.4, "123"),
        (12345.6, "12,346"),
    ],
)
def test_figures_have_three_significant_digits(value: float | None, text: str) -> None:
    """Small figures keep two decimals, large ones none."""
    assert figure(value) == text


@given(st.floats(0.01, 1e9))
def test_a_figure_is_right_to_half_of_its_last_digit(value: float) -> None:
    """And never has fewer than three digits, nor more than its whole part from a thousand on."""
    text = figure(value)
    shown = float(text.replace(",", ""))
    assert abs(shown - value) <= 0.005 * max(1.0, value) * 1.001
    digits = text.replace(",", "").replace(".", "")
    assert len(digits) == (3 if shown < 1000 else len(f"{shown:.0f}"))


def test_a_speedup_stands_with_its_interval() -> None:
    """The interval is shown where there is one."""
    assert speedup_text(Comparison("s", "a", "b", "rate", 4.0, 3.5, 4.6, 0.95)) == "4.00x (3.50-4.60)"
    assert speedup_text(Comparison("s", "a", "b", "rate", 4.0)) == "4.00x"


def test_the_matrix_has_a_word_for_each_candidate() -> None:
    """A migration gets the matrix's word; what needs none, and a wrong one, are called what they are."""
    tiers = {"slow": "baseline", "none": "settings", "tuned": "code", "fast": "rewrite", "bad": "control"}
    made = compared(
        *(
            trial(name, rate, block=block)
            for block in range(1, 6)
            for name, rate in (("slow", 10), ("slow.twin", 10), ("bad", 30), ("fast", 30), ("tuned", 30), ("none", 10))
        ),
        **tiers,
    )
    assert matrix_lines(made) == [
        "none (settings): 1.00x (1.00-1.00) - no benefit shown",
        "tuned (code): 3.0x (3.0-3.0) - gained without a migration",
        "fast (rewrite): 3.0x (3.0-3.0) - good candidate",
        "bad (control): 3.0x (3.0-3.0) - a wrong migration, shown as a control",
    ]
    untested = compared(trial("slow", 10), trial("fast", 30), slow="baseline", fast="rewrite")
    assert matrix_lines(untested) == ["fast (rewrite): 3.0x - not tested"]


def test_void_trials_are_listed_with_their_reason() -> None:
    """Void attempts and noisy trials are listed, and the notes count them."""
    void = replace(trial("fast", 30), state="void", reason="The generator was full.")
    noisy = replace(trial("fast", 30, block=2), state="noisy", reason="The host was busy.")
    made = compared(trial("slow", 10), trial("slow", 10, block=2), void, noisy)
    assert void_lines(made) == [
        "waiting, fast: of 2 attempts 1 void, 1 noisy. The latest: The host was busy.",
    ]
    assert "A note." in notes(made)
    assert any(note.startswith("1 attempt did not count, as the host or") for note in notes(made))
    assert any("differences are not reliable: fast" in note for note in notes(made))


def test_the_headline_says_when_a_run_is_incomplete() -> None:
    """An interrupted run says how much of it was measured."""
    whole = compared(trial("slow", 10), trial("fast", 10))
    assert title(whole) == "quick: 2 stacks, 1 scenario, 1 block, seed 7"
    part = replace(compared(trial("slow", 10)), status="interrupted")
    assert title(part).endswith("; interrupted: 1 of 2 trials measured")


def test_cost_is_divided_by_what_succeeded() -> None:
    """CPU per request counts successes; without any it is unknown."""
    assert trial("slow", 100, cost=Cost(1.0, 10)).cpu_ms_per_request == pytest.approx(10)
    assert trial("slow", 0, failed=5, cost=Cost(1.0, 10)).cpu_ms_per_request is None


@pytest.mark.parametrize(("seconds", "text"), [(4.4, "4 s"), (75, "1 min 15 s"), (7500, "2 h 5 min")])
def test_durations_read_naturally(seconds: float, text: str) -> None:
    """Seconds, minutes and hours."""
    assert duration(seconds) == text


def blocks(stack: str, requests: int, state: str = "ok", scenario: str = "waiting") -> list[Trial]:
    """Five blocks with as many requests each, the last of them in that state."""
    made = [trial(stack, requests + block % 2, block=block, scenario=scenario) for block in range(1, 6)]
    return [*made[:4], replace(made[4], state=state)]  # type: ignore[arg-type]


STACKS = {"slow": "baseline", "slow.twin": "A/A", "fast": "rewrite"}


def five_blocks(state: str = "ok") -> Run:
    """A run of five blocks, with a twin."""
    results = [*blocks("slow", 1000), *blocks("slow.twin", 1000), *blocks("fast", 3000, state)]
    made = run(results, STACKS)
    return replace(made, comparisons=compare(made.results, "slow", dict.fromkeys(STACKS, 1)))


def column(made: Run, heading: str) -> dict[str, str]:
    """Return the cells under a heading, by stack."""
    (table,) = tables(made)
    headings, rows = cells(table, "slow")
    return {row[0]: row[headings.index(heading)] for row in rows}


def test_the_twin_has_a_row_and_no_word() -> None:
    """It stands beside the baseline with its ratio and interval, as a measure of chance that is no candidate."""
    made = five_blocks()
    assert column(made, "tier") == STACKS
    assert column(made, "verdict") == {"slow": "-", "slow.twin": "-", "fast": "faster"}
    assert column(made, "speedup")["slow.twin"].startswith("1.00x (1.00-1.00")
    assert column(made, "speedup")["slow"] == "1"
    assert not [line for line in matrix_lines(made) if "twin" in line]


@pytest.mark.parametrize("verdict", ["faster", "slower", "equivalent", "inconclusive"])
def test_a_word_is_shown_as_it_was_decided(verdict: Verdict) -> None:
    """With what makes it doubtful; what was not tested is a dash."""
    made = five_blocks()
    said = Comparison("waiting", "slow", "fast", "rate", 3.0, 2.9, 3.1, 0.95, verdict)
    assert column(replace(made, comparisons=(said,)), "verdict")["fast"] == verdict
    assert column(replace(made, comparisons=(replace(said, noisy=True),)), "verdict")["fast"] == f"{verdict} (noisy)"
    untested = (replace(said, verdict="not tested"), replace(said, candidate="slow.twin"))
    (table,) = tables(replace(made, comparisons=untested))
    assert "verdict" not in cells(table, "slow")[0]


def test_a_noisy_block_makes_a_verdict_doubtful_only_if_it_rests_on_it() -> None:
    """One of five blocks is needed; of six, the noisy one was left out, and the word stands on quiet ones."""
    assert column(five_blocks("noisy"), "verdict")["fast"] == "inconclusive (noisy)"
    sixth = [trial(stack, requests, block=6) for stack, requests in (("slow", 1000), ("slow.twin", 1000))]
    noisy = replace(trial("fast", 100, block=6), state="noisy", reason="Stolen.")
    made = five_blocks()
    made = replace(made, results=(*made.results, *sixth, noisy))
    made = replace(made, comparisons=compare(made.results, "slow", dict.fromkeys(STACKS, 1)))
    assert column(made, "verdict")["fast"] == "faster"
    assert any("differences are not reliable: fast" in note for note in notes(made))


def test_an_a_a_pair_that_differs_is_reported() -> None:
    """Two equal servers of which one is faster: the reader is warned; equal ones are not worth a word."""
    assert not [note for note in notes(five_blocks()) if "twin" in note]
    (twin,) = (each for each in five_blocks().comparisons if each.candidate == "slow.twin")
    differing = replace(twin, speedup=1.2, low=1.15, high=1.25, verdict="faster")
    (note,) = (each for each in notes(replace(five_blocks(), comparisons=(differing,))) if "twin" in each)
    assert note == (
        "waiting: the baseline differs from its own twin (1.20x (1.15-1.25)), so something on this host favours one of "
        "two equal servers."
    )


def test_untested_scenarios_are_named() -> None:
    """Everywhere, or in which scenarios; where everything was tested there is nothing to tell."""
    sentence = "that takes 5 blocks and the baseline's twin in each."
    assert not [note for note in notes(five_blocks()) if note.startswith("Not tested")]
    untested = compared(trial("slow", 10), trial("fast", 20))
    assert f"Not tested for significance: {sentence}" in notes(untested)
    made = five_blocks()
    part = Comparison("calling", "slow", "fast", "time", 2.0)
    assert f"Not tested for significance in calling: {sentence}" in notes(
        replace(made, comparisons=(*made.comparisons, part))
    )
    assert not [note for note in notes(run([])) if note.startswith("Not tested")]


def test_the_matrix_says_how_it_is_to_be_read() -> None:
    """At lower bounds, at point estimates, or some of both; the twin's interval is no matter of it."""
    made = five_blocks()
    part = Comparison("calling", "slow", "fast", "time", 2.0)
    read = "Each word goes by the lower end of its interval."
    untested = "A figure without an interval is not tested and has no word."
    assert matrix_note(made) == read
    other = replace(part, candidate="other")
    assert (
        matrix_note(replace(made, comparisons=(*made.comparisons, other))) == f"Means are geometric. {read} {untested}"
    )
    twin = tuple(each for each in made.comparisons if each.candidate == "slow.twin")
    assert matrix_note(replace(made, comparisons=(*twin, part))) == f"Means are geometric. {untested}"


def test_the_victims_p99_is_that_of_all_blocks_together() -> None:
    """Ten a second are too few for a p99 in one block, whose p95 is marked as such, and enough in several."""
    slow = Histogram.of(np.full(300, 70_000_000, dtype=np.int64))
    results = []
    for each in (trial("slow", 100), trial("slow", 100, block=2)):
        found = replace(each.measurement, victim=Victim("GET /health", 300, 0, slow))
        results.append(replace(each, measurement=found))
    assert column(compared(*results), "victim") == {"slow": "70.0"}
    assert column(compared(results[0]), "victim") == {"slow": "70.0 (p95)"}
    assert "victim" not in cells(tables(compared(trial("slow", 100)))[0], "slow")[0]


def test_what_binds_stands_beside_the_verdict_and_in_a_sentence() -> None:
    """For every stack but the twin, whose sentence would be the baseline's once more."""
    limits = tuple(
        Limit("waiting", stack, "CPU" if stack == "fast" else None, 9.0, 9.0, f"Of {stack}.") for stack in STACKS
    )
    made = replace(five_blocks(), limits=limits)
    assert column(made, "binds") == {"slow": "-", "slow.twin": "-", "fast": "CPU"}
    assert limit_lines(made) == ["waiting, slow: Of slow.", "waiting, fast: Of fast."]


def test_a_warm_up_that_reached_its_bound_is_reported() -> None:
    """Only where somebody asked for a steady one, and it was none."""
    shaky = [
        replace(each, measurement=replace(each.measurement, warmup=Warmup(1, 1.0, stable)))
        for each, stable in ((trial("slow", 9), None), (trial("fast", 9), False), (trial("sure", 9), True))
    ]
    made = compared(*shaky, slow="baseline", fast="rewrite", sure="code")
    assert [note for note in notes(made) if "warm-up" in note] == [
        "Still changing when the warm-up reached its bound: trials of fast."
    ]


def test_latencies_have_their_exact_name() -> None:
    """A closed loop measures service time; only an open one counts from the intended moment."""
    assert latency_kind(WAITING.load) == "service time"
    assert latency_kind(OpenLoop(10.0, 2.0)) == "latency from the intended time"


def test_advice_on_single_scenarios_appears_only_with_several() -> None:
    """The run's comes first."""
    one, two = Advice("change", "One."), Advice("change", "Two.")
    advice = RunAdvice(Advice("change", "All."), {"a": one})
    assert advice_lines(replace(run([]), advice=advice)) == ["All."]
    several = RunAdvice(advice.run, {"a": one, "b": two})
    assert advice_lines(replace(run([]), advice=several)) == ["All.", "For a alone: One.", "For b alone: Two."]
    assert advice_lines(run([])) == []


def test_the_label_says_how_many_scenarios_the_advice_is_for() -> None:
    """Scenarios of which nothing could be compared take no part in it."""
    made = run([trial("slow", 10)])
    scenarios = tuple(replace(WAITING, name=name) for name in "abcd")
    for compared, label in (
        ("abcd", "Advice for all 4 scenarios"),
        ("abc", "Advice for 3 of 4 scenarios, as nothing could be compared in the others"),
        ("", "Advice"),
    ):
        advice = RunAdvice(Advice("change", "All."), {name: Advice("change", "All.") for name in compared})
        shown = replace(made, advice=advice, suite=replace(made.suite, scenarios=scenarios))
        assert answer(shown).label == label


def test_curves_are_shown_of_the_stack_advised_and_of_the_best() -> None:
    """In that order, each once; without advice none."""
    made = replace(run([]), curves=tuple(CrossoverCurve(name, "s", (), (), (), (), ()) for name in ("a", "b", "c")))
    assert shown_curves(made) == []
    for stack, best, shown in (("c", "a", ["c", "a"]), ("b", "b", ["b"]), (None, "a", ["a"]), (None, None, [])):
        advised = replace(made, advice=RunAdvice(Advice("change", "", stack=stack, best=best), {}))
        assert [curve.candidate for curve in shown_curves(advised)] == shown


def test_gates_that_shared_cores_only_note_are_counted() -> None:
    """By their names, over all trials; a gate that is simply open is not."""
    noted = Gate("foreign-cpu", True, f"Other processes used 80 %. {NOTED_ONLY}")
    fine = Gate("steal", True, "Nothing was stolen.")
    made = compared(*(replace(trial("slow", 9, block=block), gates=(noted, fine)) for block in (1, 2)))
    (note,) = [each for each in notes(made) if "only a note" in each]
    assert note == "These trials failed a check. Server and generator share cores, so it is only a note: foreign-cpu 2."
