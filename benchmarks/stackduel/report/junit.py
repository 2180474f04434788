"""The checks of a run as test cases for a CI server: junit.xml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.trial import Failure, Gate, Place, Result, Trial
from stackduel.storage.redaction import redact

# Characters that XML 1.0 cannot hold, not even as a reference (https://www.w3.org/TR/xml/#charsets).
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class TestCase:
    """A test case: whether it passed, failed or was skipped, why, and its output."""

    group: str
    name: str
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    reason: str = ""
    output: str = ""
    time_s: float = 0.0


def render(run: Run, judged: Sequence[ConditionResult] = ()) -> str:
    """Return the run as JUnit XML, with the results of its conditions.

    A trial that failed is a failure; one that is void, or whose gate was closed, was skipped: neither is a fault of
    the stack. A control may fail, so it is skipped, too.
    """
    suites = {
        "verification": list(_verification(run)),
        "trials": list(_trials(run)),
        "gates": list(_gates(run)),
        "searches": list(_searches(run)),
        "service levels": list(_service_levels(run.slas)),
        "conditions": list(_conditions(judged)),
    }
    root = ElementTree.Element("testsuites", name=_clean(f"stackduel {run.suite.name}", run))
    for name, cases in suites.items():
        if cases:
            root.append(_suite(name, cases, run))
    _count(root, [case for cases in suites.values() for case in cases])
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _verification(run: Run) -> Iterator[TestCase]:
    """Yield whether each stack could be started and verified: no trial is measured otherwise."""
    for stack in run.stacks:
        results = [each for each in run.results if each.place.stack == stack]
        reasons = [each.reason for each in results if isinstance(each, Failure)]
        if reasons and not any(isinstance(each, Trial) for each in results):
            yield _not_measured(run, TestCase(stack, "starts and answers rightly", reason=reasons[0]), stack)
        elif results or any(each.stack == stack for each in run.findings):
            yield TestCase(stack, "starts and answers rightly")


def _trials(run: Run) -> Iterator[TestCase]:
    for place, attempts in _attempts(run):
        result = attempts[-1]
        case = TestCase(f"{place.scenario}.{place.stack}", f"block {place.block}")
        if isinstance(result, Failure):
            yield _not_measured(run, _because(case, "failed", result.reason), place.stack)
            continue
        time_s = result.measurement.duration_s
        if result.state == "void":
            yield _because(case, "skipped", f"void: {result.reason}", time_s)
        else:
            output = f"kept in spite of the host's noise: {result.reason}" if result.state == "noisy" else ""
            yield TestCase(case.group, case.name, output=output, time_s=time_s)


def _gates(run: Run) -> Iterator[TestCase]:
    """Yield each gate of a stack in a scenario: skipped if it was closed in the last attempt of a block."""
    last = [attempts[-1] for _, attempts in _attempts(run)]
    gates: dict[tuple[str, str, str], list[tuple[Trial, Gate]]] = {}
    for trial in last:
        if isinstance(trial, Trial):
            for gate in trial.gates:
                gates.setdefault((trial.place.scenario, trial.place.stack, gate.name), []).append((trial, gate))
    for (scenario, stack, name), seen in gates.items():
        closed = [f"block {trial.place.block}: {gate.detail}" for trial, gate in seen if not gate.ok]
        outcome: Literal["passed", "skipped"] = "skipped" if closed else "passed"
        yield TestCase(f"{scenario}.{stack}", f"gate {name}", outcome, "\n".join(closed))


def _searches(run: Run) -> Iterator[TestCase]:
    if not run.suite.search:
        return
    for scenario in run.suite.scenarios:
        for stack in run.stacks:
            findings = [each for each in run.findings if (each.stack, each.scenario) == (stack, scenario.name)]
            case = TestCase(f"{scenario.name}.{stack}", run.suite.search.mode)
            if findings:
                yield TestCase(case.group, case.name, output=findings[0].found.sentence)
            else:
                ended = _because(case, "failed", "the search did not come to its end")
                yield _not_measured(run, ended, stack)


def _service_levels(slas: Iterable[ServiceLevelResult]) -> Iterator[TestCase]:
    """Yield each bound of a service level on each stack: failed if it was not kept, skipped if that is unknown."""
    for each in slas:
        case = TestCase(f"{each.scenario}.{each.stack}", f"{each.name} at most {each.bound:g}")
        if each.ok is None or each.measured is None:
            yield _because(case, "skipped", each.reason or "unknown")
        elif each.ok:
            yield TestCase(case.group, case.name, output=f"measured: {each.measured:g}")
        else:
            yield _because(case, "failed", f"{each.name} was {each.measured:g} (bound {each.bound:g})")


def _conditions(judged: Iterable[ConditionResult]) -> Iterator[TestCase]:
    for each in judged:
        case = TestCase("fail-on", each.condition.text)
        if each.state in {"met", "unknown"}:
            yield _because(case, "failed", each.sentence)
        else:
            yield TestCase(case.group, case.name, output=each.sentence)


def _attempts(run: Run) -> list[tuple[Place, list[Result]]]:
    """Return the attempts at each place, in their order."""
    places: dict[tuple[str, str, int], list[Result]] = {}
    for result in run.results:
        place = result.place
        places.setdefault((place.scenario, place.stack, place.block), []).append(result)
    return [(attempts[0].place, sorted(attempts, key=_order)) for attempts in places.values()]


def _order(result: Result) -> tuple[bool, int]:
    """Return the order of attempts at a place: the one that counts last, else the latest."""
    return isinstance(result, Trial) and result.counts, result.place.attempt


def _because(case: TestCase, outcome: Literal["failed", "skipped"], reason: str, time_s: float = 0.0) -> TestCase:
    return TestCase(case.group, case.name, outcome, reason, time_s=time_s)


def _not_measured(run: Run, case: TestCase, stack: str) -> TestCase:
    """Return the case of a stack that could not be measured; skipped for a control, and for one that a search broke."""
    excused = run.stacks[stack].tier == CONTROL or any(each.stack == stack for each in run.findings)
    return _because(case, "skipped" if excused else "failed", case.reason)


def _suite(name: str, cases: Sequence[TestCase], run: Run) -> ElementTree.Element:
    # The format has times without a zone; a run's are in UTC.
    suite = ElementTree.Element("testsuite", name=name, timestamp=run.started.partition("+")[0])
    _count(suite, cases)
    for case in cases:
        shown = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_clean(f"{run.suite.name}.{case.group}", run),
            name=_clean(case.name, run),
            time=f"{case.time_s:.3f}",
        )
        reason = _clean(case.reason, run)
        first = reason.partition("\n")[0]
        if case.outcome == "failed":
            ElementTree.SubElement(shown, "failure", message=first, type=name).text = reason
        elif case.outcome == "skipped":
            ElementTree.SubElement(shown, "skipped", message=first).text = reason
        if case.output:
            ElementTree.SubElement(shown, "system-out").text = _clean(case.output, run)
    return suite


def _count(element: ElementTree.Element, cases: Sequence[TestCase]) -> None:
    outcomes = [case.outcome for case in cases]
    element.set("tests", str(len(cases)))
    element.set("failures", str(outcomes.count("failed")))
    element.set("errors", "0")
    element.set("skipped", str(outcomes.count("skipped")))
    element.set("time", f"{sum(case.time_s for case in cases):.3f}")


def _clean(text: str, run: Run) -> str:
    """Return the text without the user's secrets, and without characters that XML cannot hold."""
    return _NO_CHARACTER.sub("", str(redact(text, run.secrets)))
