"""trials.csv: a line a trial, the documented columns, and nothing that a spreadsheet would carry out."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.client_settings import LeavingSettings, SlowReadersSettings
from stackduel.model.run import Run
from stackduel.model.search_results.leaving import Leaving, LeavingRound
from stackduel.model.search_results.slow_readers import SlowReaders, SlowRound, SlowStream
from stackduel.model.search_results.window_effects import StayedStreams
from stackduel.model.trial import Failure, Gate, HostNoise, Place
from stackduel.model.visible_text import visible
from stackduel.report.trials_csv import COLUMNS, render
from tests.stackduel.makers import CALLING, WAITING, run, streamed, trial
from tests.stackduel.report.html.runs import SEARCHES, searched
from tests.stackduel.storage.whole import whole

PAGE = Path(__file__).parents[3] / "docs" / "ci.md"


def rows(made: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(made))))


def test_every_trial_is_a_row_those_that_failed_or_are_void_too() -> None:
    """In the order of the measurement; what was not measured is empty, never a zero."""
    gates = (Gate("steal", False, "Stolen."), Gate("sent", True, "All."), Gate("headroom", False, "None."))
    void = replace(trial("fast", 500), state="void", reason="Stolen.", gates=gates, noise=HostNoise(0.09, None, 0.0))
    lost = Failure(Place("slow", "calling", 2), "it died\n\twith a log")
    slow, fast, failed = rows(run([trial("slow", 40, failed=2), void, lost], scenarios=(WAITING, CALLING)))
    assert (slow["state"], slow["requests"], slow["succeeded"], slow["failed"]) == ("ok", "42", "40", "2")
    assert (slow["outcomes"], slow["tier"], slow["suite"]) == ("ok=40 status=2", "baseline", "quick")
    assert (slow["rate_rps"], slow["latency_p99_ms"], slow["steal"], slow["failed_gates"]) == ("20.0", "", "", "")
    assert float(slow["latency_mean_ms"]) == pytest.approx(100)
    assert (fast["state"], fast["reason"], fast["steal"], fast["foreign_cpu"]) == ("void", "Stolen.", "0.09", "")
    assert (fast["failed_gates"], fast["throttled_s"]) == ("steal headroom", "0.0")
    assert (failed["state"], failed["reason"], failed["block"]) == ("failed", "it died with a log", "2")
    assert {name for name, text in failed.items() if text} == {
        "run", "started", "suite", "scenario", "stack", "tier", "block", "attempt", "state", "reason",
    }  # fmt: skip


def test_what_a_model_and_a_graphics_processor_took_has_columns() -> None:
    """Spans of the answers' own headers, and what the devices did; empty where nobody tells."""
    (row,) = rows(whole())
    (plain,) = rows(run([trial("slow", 5)]))
    spans = whole().results[0].measurement.spans  # type: ignore[union-attr]
    for name in ("pre", "queue", "infer", "post"):
        shown = f"{spans[name].mean_ns / 1e6}" if spans and name in spans else ""
        assert row[f"{name}_mean_ms"] == shown
        assert plain[f"{name}_mean_ms"] == ""
    assert any(row[f"{name}_mean_ms"] for name in ("pre", "queue", "infer", "post"))
    assert row["gpu_memory_peak_mib"] != plain["gpu_memory_peak_mib"] == ""


def test_a_killed_worker_and_the_streams_that_it_cut_have_columns() -> None:
    """How many, and after how many events; empty where nothing was cut."""
    cut = streamed("slow", 1.0)
    assert cut.measurement.streams is not None
    figures = replace(cut.measurement.streams, cut_short={99: 2, 7: 1, 30: 1})
    cut = replace(cut, worker_timeouts=2, measurement=replace(cut.measurement, streams=figures))
    killed, plain = rows(run([cut, trial("fast", 5)]))
    names = ("worker_timeouts", "cut_after_least", "cut_after_most")
    assert [killed[name] for name in names] == ["2", "7", "99"]
    assert [plain[name] for name in names] == ["", "", ""]


def filled(made: Run) -> list[dict[str, str]]:
    """The cells of each row of a round, but for those that say where it belongs."""
    about = {"run", "started", "suite", "scenario", "stack", "tier", "attempt", "state"}
    rounds = rows(replace(made, results=()))
    return [{name: text for name, text in row.items() if text and name not in about} for row in rounds]


def test_the_rounds_of_what_has_no_trials_are_rows() -> None:
    """Clients that leave or read slowly, stops, recycled workers and cold starts: a line a round, with its figures."""
    (left,) = filled(SEARCHES["leaving"])
    around = {"memory_before_mib": "36", "others_p99_ms": "9.0", "beside_p99_ms": "8.0", "others_cut": "1"}
    assert left == {
        "block": "1", "clients": "7", "left": "6", "memory_peak_mib": "40", "memory_after_mib": "36.5", **around,
        "handler_noticed": "2", "handler_noticed_ms": "62.0", "handler_worst_ms": "81.0",
        "upstream_noticed": "2", "upstream_noticed_ms": "63.0", "upstream_worst_ms": "82.0",
    }  # fmt: skip
    (slow,) = filled(SEARCHES["slow-readers"])
    assert slow == {
        "block": "1", "clients": "3", "slow_streams": "1", "memory_peak_mib": "50", "memory_after_mib": "37", **around,
        "handler_held": "1", "handler_ahead": "43", "upstream_held": "1", "upstream_ahead": "98",
        "beside_memory_peak_mib": "45.5",
    }  # fmt: skip
    stop = {"block": "1", "in_flight": "20", "answered": "20", "lost": "0", "refused": "320", "otherwise": "3"}
    assert filled(SEARCHES["shutdown"])[1] == {**stop, "ended_s": "5.1", "killed": "1"}
    recycled = {"block": "1", "reconnects": "60", "answered": "9000", "lost": "12", "refused": "0", "otherwise": "0"}
    assert filled(SEARCHES["recycling"])[0] == recycled
    launch = {"block": "1", "launch_ms": "800", "first_ms": "12", "warm_ms": "3"}
    assert filled(SEARCHES["cold-start"]) == [{**launch, "cpu_s": "0.5"}, {**launch, "launch_ms": "400"}]


def test_what_nobody_knows_of_a_round_is_empty() -> None:
    """A handler that says nothing has no count of zero, and one that noticed nobody has no time."""
    found = Leaving(
        (LeavingRound(1, 2, 2, 1, (), None, None, StayedStreams(0, None), StayedStreams(0, None)),),
        *(None, None, None, None, None, None),
    )
    (row,) = filled(searched(LeavingSettings(), slow=found))
    assert row == {"block": "1", "clients": "2", "left": "2", "handler_noticed": "0", "others_cut": "0"}
    stream = SlowStream(5, 1, None, None)
    around = (None, None, StayedStreams(0, None), StayedStreams(0, None))
    made = SlowReaders((SlowRound(1, 1, (stream,), *around),), 9, *(None, None, None, None, None, None))
    (row,) = filled(searched(SlowReadersSettings(), slow=made))
    assert row == {"block": "1", "clients": "1", "slow_streams": "1", "others_cut": "0"}


def test_results_with_trials_have_no_rows_of_rounds() -> None:
    """A capacity is made of trials, which are rows already."""
    assert rows(SEARCHES["capacity"]) == rows(replace(SEARCHES["capacity"], findings=()))


def test_the_columns_are_those_of_the_page_in_their_order() -> None:
    """A column more, or at another place, is a change that users must be told of."""
    table = PAGE.read_text(encoding="utf-8").partition("| column |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    explained = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert explained == list(COLUMNS)
    assert render(run([])) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n@", " =", "＝", "＠"])  # noqa: RUF001
def test_no_text_becomes_a_formula(start: str) -> None:
    """Whatever a server wrote, or a stack is called, is text for a spreadsheet."""
    evil = f'{start}HYPERLINK("http://x","y")'
    made = run([Failure(Place(evil, "waiting", 1), evil)], {"slow": "baseline", evil: "rewrite"})
    (row,) = rows(made)
    assert row["reason"].startswith("'")
    assert row["stack"] == row["reason"]


@given(st.text())
def test_a_trial_stays_a_line_with_any_text(text: str) -> None:
    """Commas, quotes and line breaks are quoted or made spaces; what is seen is kept."""
    rendered = render(run([Failure(Place("slow", "waiting", 1), text)]))
    (row,) = csv.DictReader(io.StringIO(rendered))
    seen = visible(text)
    assert row["reason"].removeprefix("'").split() == seen.removeprefix("'").split() or seen.lstrip().startswith("'")
    assert rendered.count("\n") == 2


def test_secrets_stay_out() -> None:
    """A user's token that a server repeats is redacted, as in run.json."""
    made = replace(run([Failure(Place("slow", "waiting", 1), "bad token s3cret")]), secrets=("s3cret",))
    assert "s3cret" not in render(made)
    assert rows(made)[0]["reason"] == "bad token [redacted]"
