"""A verdict without a size, and one with a bound alone, stand alike in every form of a report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.analysis.history.run_summary import entry_of
from stackduel.analysis.history.two_runs import between
from stackduel.model.run import Run
from stackduel.model.trial import Gate, HostNoise, Trial, TrialState
from stackduel.report import junit, trials_csv
from stackduel.report.html import page as html
from stackduel.report.markdown import document as markdown
from stackduel.report.sections import changes
from stackduel.report.sections.blocks import Sentences
from stackduel.report.sections.trend import speedup_of
from stackduel.report.terminal import run_report
from stackduel.storage import run_file
from tests.stackduel.makers import run, trial

TIERS = {"slow": "baseline", "slow.twin": "baseline", "shaken": "settings", "full": "rewrite"}
FULL = Gate("generator-cpu", False, "The busiest shard used 99.0 % of its core (bound 70 %).")
BUSY = Gate("foreign-cpu", False, "Other processes used 30.0 % of the host's CPU time (bound 10 %).")
UNCERTAIN, BOUND = "faster (size uncertain)", "faster, at least 2."


def trials(stack: str, requests: Sequence[int], state: TrialState = "ok", *gates: Gate) -> Iterator[Trial]:
    for block, number in enumerate(requests, 1):
        noise, reason = HostNoise(0.0, 0.3, 0.0, 0.2), " ".join(gate.detail for gate in gates) or None
        yield replace(trial(stack, number, block=block), state=state, gates=gates, noise=noise, reason=reason)


def made() -> Run:
    """A quiet baseline with its twin, a stack that the host shook, and one that the generator could not saturate."""
    results = [
        *trials("slow", [10_000, 10_010, 9_990, 10_000, 10_005]),
        *trials("slow.twin", [10_020, 9_980, 10_000, 10_000, 10_010]),
        *trials("shaken", [80_000, 65_000, 90_000, 82_000, 76_000], "noisy", BUSY),
        *trials("full", [21_000, 21_500, 21_200, 21_300, 21_100], "void", FULL),
    ]
    return conclude(run(results, TIERS))


def in_terminal(shown: Run) -> str:
    out = io.StringIO()
    run_report.show(shown, Console(file=out, width=200))
    return out.getvalue()


FORMS: dict[str, Callable[[Run], str]] = {
    "terminal": in_terminal,
    "markdown": markdown.render,
    "html": html.render,
    "csv": trials_csv.render,
    "junit": junit.render,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_what_is_known_of_the_size(form: str) -> None:
    """The words stand in each form, and no figure of the size that is unknown."""
    text = FORMS[form](made())
    assert UNCERTAIN in text
    assert BOUND in text
    assert "7.83x" not in text
    if form in {"terminal", "markdown", "html"}:
        assert any(f"{sign} 10,600" in text for sign in (">=", "&gt;=", "≥"))
        assert "could not saturate full in waiting" in text
        assert "--wait-quiet" in text


def test_run_json_has_the_size_and_no_interval() -> None:
    """Verdicts keep their words, and ``size`` says what is not known."""
    compared = {each["candidate"]: each for each in json.loads(run_file.to_json(made()))["comparisons"]}
    shaken, full = compared["shaken"], compared["full"]
    assert (shaken["verdict"], shaken["size"], shaken["low"], shaken["high"]) == ("faster", "uncertain", None, None)
    assert (full["verdict"], full["size"], full["high"]) == ("faster", "at_least", None)
    assert full["low"] == pytest.approx(2.1, abs=0.05)
    assert compared["slow.twin"]["size"] is None


def test_a_row_of_a_spreadsheet_tells_a_bound_from_a_rate() -> None:
    """Each trial says whether its rate is measured or a bound, and what others took of the server's cores."""
    rows = list(csv.DictReader(io.StringIO(trials_csv.render(made()))))
    assert {(row["stack"], row["rate_is"], row["verdict"]) for row in rows} == {
        ("slow", "measured", ""),
        ("slow.twin", "measured", ""),
        ("shaken", "measured", UNCERTAIN),
        ("full", "at least", "faster, at least 2.09x"),
    }
    assert {row["server_taken"] for row in rows} == {"0.2"}


def test_a_verdict_is_a_test_case_that_never_fails() -> None:
    """A CI server shows it as the output of a case; a void trial with a bound is skipped and names it."""
    root = ElementTree.fromstring(junit.render(made()))
    found = root.iterfind("testsuite[@name='verdicts']/testcase")
    verdicts = {case.get("classname"): case.findtext("system-out") for case in found}
    assert verdicts == {"quick.waiting.shaken": UNCERTAIN, "quick.waiting.full": "faster, at least 2.09x"}
    skipped = [each.text or "" for each in root.iterfind("testsuite[@name='trials']/testcase/skipped")]
    assert "At least 10,500 req/s." in skipped[0]


def test_a_comparison_of_two_runs_names_what_each_says() -> None:
    """No ratio shows a verdict without an interval, so the notes do."""
    old, new = replace(made(), run_id="old"), replace(made(), run_id="new")
    notes = [
        sentence
        for section in changes.sections(between(old, new))
        for block in section.blocks
        if isinstance(block, Sentences)
        for sentence in block.items
    ]
    assert "waiting: shaken is faster than slow in old, by how much is uncertain." in notes
    assert "waiting: full is faster than slow in new, at least 2.09x." in notes


def test_a_trend_shows_no_size_that_is_unknown() -> None:
    """Its points keep the words of their runs."""
    points = {each.stack: each for each in entry_of(made(), "folder").points}
    assert (points["shaken"].size, speedup_of(points["shaken"])) == ("uncertain", "-")
    assert (points["full"].size, speedup_of(points["full"])) == ("at_least", ">= 2.09x")


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("speedup(shaken) < 1", "unmet", "faster, its size is uncertain"),
        ("speedup(shaken) < 2", "undecided", "faster, its size is uncertain"),
        ("speedup(full) < 2", "unmet", "at least 2.0"),
        ("speedup(full) < 3", "undecided", "at least 2.0"),
        ("rate(full) < 5000", "unmet", "at least 10,600 req/s"),
    ],
)
def test_a_condition_uses_the_side_that_is_known(text: str, state: str, said: str) -> None:
    """A regression is no regression where the side alone decides, and open where the size would."""
    shown = made()
    (result,) = conditions_for([text], shown).evaluate_on(shown)
    assert result.state == state
    assert said in result.sentence
