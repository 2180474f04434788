"""junit.xml: what was checked, as test cases that a CI server shows."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_settings import BreakingPointSettings
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.trial import Failure, Gate, Place
from stackduel.model.visible_text import visible
from stackduel.report.junit import render
from tests.stackduel.makers import run, trial

TIERS = {"slow": "baseline", "fast": "rewrite", "wrong": "control"}
OPEN = Gate("sent", True, "All of them.")
CLOSED = Gate("steal", False, "The hypervisor took 9 %.")


def cases(made: Run, suite: str, texts: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """The cases of a test suite by class and name: the word on each, and the text that stands with it."""
    root = ElementTree.fromstring(render(made, conditions_for(texts, made).evaluate_on(made)))
    check_counts(root)
    found = {}
    for case in root.iterfind(f"testsuite[@name='{suite}']/testcase"):
        inner = [each for each in case if each.tag in {"failure", "skipped"}]
        assert len(inner) <= 1
        word = inner[0].tag if inner else "passed"
        said = case.findtext(word if inner else "system-out") or ""
        found[f"{case.get('classname')} {case.get('name')}"] = (word, said)
    return found


def check_counts(root: ElementTree.Element) -> None:
    """Each count of an element is that of the cases below it."""
    for element in (root, *root.iter("testsuite")):
        for attribute, path in (("tests", ".//testcase"), ("failures", ".//failure"), ("skipped", ".//skipped")):
            assert int(element.get(attribute, "")) == len(element.findall(path))


def example() -> Run:
    """A trial of each kind: right, void, noisy, repeated, failed; a control that could not be started."""
    return run(
        [
            replace(trial("slow", 5), gates=(OPEN, replace(CLOSED, ok=True))),
            replace(trial("fast", 5), state="void", reason=CLOSED.detail, gates=(OPEN, CLOSED)),
            replace(trial("fast", 5), place=Place("fast", "waiting", 1, 2), gates=(OPEN, replace(CLOSED, ok=True))),
            replace(trial("slow", 5, block=2), state="void", reason=CLOSED.detail, gates=(OPEN, CLOSED)),
            replace(trial("fast", 5, block=2), state="noisy", reason=CLOSED.detail, gates=(OPEN, CLOSED)),
            Failure(Place("fast", "waiting", 3), "it died\nwith a log"),
            Failure(Place("wrong", "waiting", 1), "no such module"),
        ],
        TIERS,
    )


def test_a_failed_trial_is_a_failure_and_a_void_one_was_skipped() -> None:
    """A trial repeated with success, or kept in spite of noise, passed; a control may fail."""
    assert cases(example(), "trials") == {
        "quick.waiting.slow block 1": ("passed", ""),
        "quick.waiting.fast block 1": ("passed", ""),
        "quick.waiting.slow block 2": ("skipped", "void: The hypervisor took 9 %."),
        "quick.waiting.fast block 2": ("passed", "kept in spite of the host's noise: The hypervisor took 9 %."),
        "quick.waiting.fast block 3": ("failure", "it died\nwith a log"),
        "quick.waiting.wrong block 1": ("skipped", "no such module"),
    }


def test_a_gate_is_skipped_where_it_was_closed_in_the_last_attempt() -> None:
    """Each gate of a stack in a scenario is a case, with what it saw where it was closed."""
    assert cases(example(), "gates") == {
        "quick.waiting.slow gate sent": ("passed", ""),
        "quick.waiting.slow gate steal": ("skipped", "block 2: The hypervisor took 9 %."),
        "quick.waiting.fast gate sent": ("passed", ""),
        "quick.waiting.fast gate steal": ("skipped", "block 2: The hypervisor took 9 %."),
    }


def test_a_stack_that_was_never_measured_failed_its_verification() -> None:
    """One that died later had started and answered rightly; a control is excused."""
    refused = run([trial("slow", 5), Failure(Place("fast", "waiting", 1), "answers 500, where 200 was expected")])
    assert cases(refused, "verification") == {
        "quick.slow starts and answers rightly": ("passed", ""),
        "quick.fast starts and answers rightly": ("failure", "answers 500, where 200 was expected"),
    }
    assert cases(example(), "verification") == {
        "quick.slow starts and answers rightly": ("passed", ""),
        "quick.fast starts and answers rightly": ("passed", ""),
        "quick.wrong starts and answers rightly": ("skipped", "no such module"),
    }


def test_a_search_passes_with_its_result() -> None:
    """A server that ends under too much load was found out, and has not failed."""
    found = Finding("fast", "waiting", BreakingPoint("p99 <= 1 s", 10.0, 15.0, "it died", ()))
    made = run([Failure(Place("fast", "waiting@15rps", 1), "it died")])
    made = replace(made, suite=replace(made.suite, search=BreakingPointSettings()), findings=(found,))
    assert cases(made, "searches") == {
        "quick.waiting.slow breaking-point": ("failure", "the search did not come to its end"),
        "quick.waiting.fast breaking-point": ("passed", found.found.sentence),
    }
    assert cases(made, "trials") == {"quick.waiting@15rps.fast block 1": ("skipped", "it died")}


def test_conditions_are_cases_that_fail_when_they_are_met() -> None:
    """Met and untold ones fail, the others pass, each with its sentence."""
    made = run([trial("slow", 5, failed=1), trial("fast", 5)])
    found = cases(made, "conditions", ("errors > 0", "errors > 5", "p99(fast) > 1ms"))
    assert [word for word, _ in found.values()] == ["failure", "passed", "failure"]
    assert found["quick.fail-on errors > 0"][1] == "condition met: errors > 0: errors(slow, waiting) is 1"


def test_service_levels_fail_where_they_are_not_kept() -> None:
    """Kept passes, broken fails, and what nobody can tell is skipped with its reason."""
    slas = (
        ServiceLevelResult("waiting", "fast", "p99_ms", 100.0, 80.0, True),
        ServiceLevelResult("waiting", "slow", "p99_ms", 100.0, 120.0, False),
        ServiceLevelResult("waiting", "slow", "infer_p99_ms", 10.0, None, None, "not enough requests"),
    )
    made = replace(run([trial("slow", 5), trial("fast", 5)]), slas=slas)
    assert cases(made, "service levels") == {
        "quick.waiting.fast p99_ms at most 100": ("passed", "measured: 80"),
        "quick.waiting.slow p99_ms at most 100": ("failure", "p99_ms was 120 (bound 100)"),
        "quick.waiting.slow infer_p99_ms at most 10": ("skipped", "not enough requests"),
    }


@pytest.mark.parametrize("evil", ["<script>&]]>\"'", "a\x00\x1b[31m\x08b", "\ufffe\ud800x", "😀 ä"])
def test_any_text_makes_valid_xml(evil: str) -> None:
    """Markup is escaped, and characters that XML cannot hold are left out."""
    made = run([Failure(Place(evil, "waiting", 1), evil)], {"slow": "baseline", evil: "rewrite"})
    ((name, (word, said)),) = cases(made, "trials").items()
    expected = "".join(each for each in visible(evil) if each.isprintable() and each not in "\ufffe\ud800")
    assert (name, word, said) == (f"quick.waiting.{expected} block 1", "failure", expected)


@given(st.text())
def test_any_server_output_can_be_read(text: str) -> None:
    """No reason makes the file unreadable."""
    root = ElementTree.fromstring(render(run([Failure(Place("slow", "waiting", 1), text)])))
    assert root.get("failures") == "2"


def test_secrets_stay_out() -> None:
    """A user's token that a server repeats is redacted, as in run.json."""
    made = replace(run([Failure(Place("slow", "waiting", 1), "bad token s3cret")]), secrets=("s3cret",))
    assert "s3cret" not in render(made)
    assert "[redacted]" in render(made)
