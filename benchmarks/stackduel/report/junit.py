"""The checks of a run as test cases for a CI server: junit.xml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.analysis.trial_gates import is_lower_bound
from stackduel.model.aa_pair import is_twin
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.comparison import Comparison
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.service_level import RATE, ServiceLevelResult
from stackduel.model.trial import Failure, Gate, Place, Result, Trial
from stackduel.model.tune_settings import TuneSettings
from stackduel.model.visible_text import visible
from stackduel.report.sections.figures import comparison_word, figure, speedup_text
from stackduel.storage.run_document import redaction_of

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
        "verdicts": list(_verdicts(run.comparisons)),
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
        reasons = [each.reason for each in results if isinstance(each, Failure) and each.state == "failed"]
        if reasons and not any(isinstance(each, Trial) for each in results):
            yield _not_measured(run, TestCase(stack, "starts and answers rightly", reason=reasons[0]), stack)
        elif results or any(each.stack == stack for each in run.findings):
            yield TestCase(stack, "starts and answers rightly")


def _trials(run: Run) -> Iterator[TestCase]:
    for place, attempts in _attempts(run):
        result = attempts[-1]
        case = TestCase(f"{place.scenario}.{place.stack}", f"block {place.block}")
        if isinstance(result, Failure) and result.state == "void":
            yield _because(case, "skipped", f"void: {result.reason}")
            continue
        if isinstance(result, Failure):
            yield _not_measured(run, _because(case, "failed", result.reason), place.stack)
            continue
        time_s = result.measurement.duration_s
        if result.state == "void":
            bound = f" At least {figure(result.rate_rps)} req/s." if is_lower_bound(result) else ""
            yield _because(case, "skipped", f"void: {result.reason}{bound}", time_s)
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
        for stack in _searched(run):
            findings = [each for each in run.findings if (each.stack, each.scenario) == (stack, scenario.name)]
            case = TestCase(f"{scenario.name}.{stack}", run.suite.search.mode)
            if findings:
                yield TestCase(case.group, case.name, output=findings[0].found.sentence)
            else:
                ended = _because(case, "failed", "the search did not come to its end")
                yield _not_measured(run, ended, stack)


def _searched(run: Run) -> Iterable[str]:
    """Return the stacks that have a result of their own: of an ablation, and of a tuning, one stands for all.

    Of a scaling it is the arm of each stack on one core.
    """
    if isinstance(run.suite.search, TuneSettings):
        return (run.baseline,)
    if isinstance(run.suite.search, ScalingSettings):
        return tuple(run.suite.search.arms_of(stack)[0].name for stack in run.suite.search.stacks)
    if not isinstance(run.suite.search, AblationSettings):
        return run.stacks
    return dict.fromkeys(each.stack for each in run.findings) or run.suite.stacks[-1:]


def _verdicts(comparisons: Iterable[Comparison]) -> Iterator[TestCase]:
    """Yield each verdict; none fails, as a slower stack is a result. Without a test it is skipped."""
    for each in comparisons:
        if is_twin(each.candidate):
            continue
        case = TestCase(f"{each.scenario}.{each.candidate}", f"compared with {each.baseline}")
        if each.verdict == "not tested":
            yield _because(case, "skipped", "not tested for significance: there are too few blocks, or no twin")
        else:
            words = comparison_word(each)
            yield TestCase(case.group, case.name, output=words if each.size else f"{words}: {speedup_text(each)}")


def _service_levels(slas: Iterable[ServiceLevelResult]) -> Iterator[TestCase]:
    """Yield each bound of a service level on each stack: failed if it was not kept, skipped if that is unknown."""
    for each in slas:
        most = "at least" if each.name == RATE else "at most"
        case = TestCase(f"{each.scenario}.{each.stack}", f"{each.name} {most} {each.bound:g}")
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
    broken = run.suite.search is not None and any(each.stack == stack for each in run.findings)
    excused = run.stacks[stack].tier == CONTROL or broken
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
    return _NO_CHARACTER.sub("", visible(redaction_of(run).document(text)))
