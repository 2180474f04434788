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

from stackduel.model.run import Run
from stackduel.model.trial import Failure, Gate, HostNoise, Place
from stackduel.model.visible_text import visible
from stackduel.report.trials_csv import COLUMNS, render
from tests.stackduel.makers import CALLING, WAITING, run, trial
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
