"""The Markdown report, against a golden file, and its bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from stackduel.analysis.conclusion import conclude
from stackduel.model.environment import Environment
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.trial import Failure, Gate, Place, Result
from stackduel.report.markdown.document import render
from stackduel.report.markdown.markup import escape
from stackduel.report.markdown.size_limit import LIMIT
from tests.golden import golden
from tests.stackduel.makers import CALLING, WAITING, run, trial
from tests.stackduel.report.large import large

GOLDEN = Path(__file__).with_name("golden.md")


ABOUT = {"framework": "flask", "app": "a:app", "server": "gunicorn", "worker_class": "gthread", "worker_count": 1}
STACKS = msgspec.convert(
    {
        "slow": {"tier": "baseline", **ABOUT, "threads": 2, "waiting_slots": 2, "fans_out": False},
        "tuned": {"tier": "settings", **ABOUT, "threads": 64, "waiting_slots": 64, "fans_out": False},
        "fast": {"tier": "rewrite", **ABOUT, "framework": "fastapi", "waiting_slots": None, "fans_out": True},
        "slow.twin": {"tier": "A/A", **ABOUT, "threads": 2, "waiting_slots": 2, "fans_out": False},
    },
    dict[str, StackFacts],
)


def blocks() -> Iterator[Result]:
    """Five blocks of a suite of two scenarios, with one trial void, one noisy and one that failed."""
    for block, chance in enumerate((0, 1, -1, 2, -2), 1):
        yield trial("slow", 40 + chance % 2, block=block, latency_ms=500)
        yield trial("slow.twin", 40, block=block, latency_ms=500)
        yield trial("tuned", 190 + chance, block=block, failed=2 if block == 3 else 0)
        yield trial("fast", 196 + chance, block=block)
        for stack, latency_ms in (("slow", 500), ("slow.twin", 501), ("tuned", 500), ("fast", 100 + chance)):
            yield trial(stack, 3, scenario="calling", metric="time", latency_ms=latency_ms, block=block)


def golden_run() -> Run:
    """All there is: a void trial, a noisy one, one that failed, and text that would like to be markup."""
    gate = Gate("generator-cpu", False, "The busiest shard used 90.0 % of its core (bound 70 %).")
    void = replace(trial("fast", 10, block=2), state="void", reason=gate.detail, gates=(gate,))
    disturbed = trial("slow.twin", 40, latency_ms=500)
    results = [
        replace(void, place=replace(void.place, attempt=2)),
        *(each for each in blocks() if each.place != disturbed.place),
        replace(disturbed, state="noisy", reason="Other processes used 20 %."),
        Failure(Place("tuned", "calling", 6), "it died\nwith <b>|pipes|</b>"),
    ]
    made = run(results, scenarios=(WAITING, CALLING))
    return conclude(replace(made, stacks=STACKS, baseline="slow"), block_s=60)


def test_the_report_is_the_golden_one() -> None:
    """The advice, the change, one table of results, how it was measured, the command and the notes, as agreed."""
    text = render(golden_run())
    assert text == golden(GOLDEN, text)


def test_fifteen_stacks_in_twelve_scenarios_fit_into_a_comment() -> None:
    """Its results are those of the baseline and the advised, and all stacks stand in a table of their own."""
    made = large(stacks=15, scenarios=12)
    text = render(made)
    assert len(text) <= LIMIT
    for title in ("Results", "All stacks", "Migration matrix", "How it was measured", "Notes"):
        assert f"\n## {title}\n" in text
    results = text.partition("\n## Results\n")[2].partition("\n## ")[0]
    assert made.advice is not None
    assert {line.split(" | ")[1] for line in results.splitlines() if line.startswith("| scenario-")} == {
        made.baseline,
        made.advice.run.stack or made.advice.run.best,
    }
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(("stacks", "scenarios"), [(2, 60), (40, 12)])
def test_no_run_is_too_large(stacks: int, scenarios: int) -> None:
    """Tables that do not fit are cut at whole rows."""
    text = render(large(stacks=stacks, scenarios=scenarios, name="n" * 60))
    assert len(text) <= LIMIT
    assert text.count("<details>") == text.count("</details>")


def test_the_same_advice_is_shown_once() -> None:
    """Scenarios with another advice are named, the others not."""
    made = golden_run()
    assert made.advice is not None
    sentence = made.advice.run.sentence
    same = {name: replace(each, sentence=sentence) for name, each in made.advice.scenarios.items()}
    assert render(replace(made, advice=replace(made.advice, scenarios=same))).count(escape(sentence)) == 1
    other = {name: replace(each, sentence="Another one.") for name, each in same.items()}
    assert "- For each of waiting, calling alone: Another one.\n" in render(
        replace(made, advice=replace(made.advice, scenarios=other))
    )


def test_one_stack_alone_has_its_figures() -> None:
    """And nothing to compare them with."""
    text = render(conclude(run([trial("slow", 100)], {"slow": "baseline"})))
    assert "Nothing was measured beside slow, so there is nothing to compare." in text
    assert "| slow | baseline | 50.0 |" in text
    assert "## The change" not in text


def test_where_one_of_the_two_failed_the_other_stands_alone() -> None:
    """With the reason of the failure."""
    results = [each for each in blocks() if (each.place.stack, each.place.scenario) != ("fast", "calling")]
    results.append(Failure(Place("fast", "calling", 1), "used 1438 MiB"))
    made = run(results, scenarios=(WAITING, CALLING))
    text = render(conclude(replace(made, stacks=STACKS, baseline="slow"), block_s=60))
    assert "- fast, calling: 1 trial not measured: `used 1438 MiB`" in text


def test_a_run_that_was_interrupted_says_so_first() -> None:
    """Whatever it has by then."""
    text = render(replace(run([]), status="interrupted"))
    assert "**Advice: No advice: the run is interrupted.**" in text


HOSTILE = "<script>alert(1)</script>|`x`](javascript:1)\n# @everyone <b>"


def test_hostile_names_are_harmless_wherever_they_stand() -> None:
    """Of stacks, scenarios, summaries, commands, reasons and notes: no tag, no cell, no heading, nobody notified."""
    made = golden_run()
    names = {"slow": "slow", "tuned": f"tuned {HOSTILE}", "fast": f"fast {HOSTILE}", "slow.twin": "slow.twin"}
    scenario = replace(WAITING, name=f"waiting {HOSTILE}", summary=HOSTILE)
    results = [
        replace(each, place=replace(each.place, stack=names[each.place.stack], scenario=scenario.name))
        for each in made.results
        if each.place.scenario == WAITING.name
    ]
    results.append(Failure(Place(names["fast"], scenario.name, 9), f"{HOSTILE} ``` </details>"))
    about = {names[name]: facts for name, facts in made.stacks.items()}
    suite = replace(made.suite, summary=HOSTILE, scenarios=(scenario,))
    environment = Environment(python=HOSTILE, notes=(HOSTILE,), gpus=(HOSTILE,))
    made = replace(
        made, results=tuple(results), stacks=about, suite=suite, environment=environment, command=("x", HOSTILE)
    )
    text = render(conclude(made, block_s=60))
    unfenced = re.sub(r"^(`{3,})sh\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    shown = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", unfenced.replace("\\`", "'"))
    assert set(re.findall(r"<[/a-zA-Z!?][^>]*>?", shown)) <= {"<details>", "</details>", "<summary>", "</summary>"}
    assert not re.search(r"(?<!\\)\]\(", shown)
    assert not re.search(r"(?<!\w)@\w", shown)
    assert not [line for line in unfenced.splitlines() if line.startswith("# ") and not line.startswith("# stackduel")]
    tables = [line for line in shown.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert len(widths) == 1
