"""The JSON Schema of run.json: it takes what is written, and nothing that lacks a key or has one too many."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from stackduel.analysis.conclusion import conclude
from stackduel.cli.schema import text
from stackduel.model.findings import Finding, SearchResult
from stackduel.model.run import Run
from stackduel.model.search_settings import SearchSettings
from stackduel.model.trial import Failure, Place, Trial
from stackduel.storage.run_document import run_to_dict
from tests.stackduel.makers import run, trial
from tests.stackduel.report.markdown.test_document import STACKS, blocks
from tests.stackduel.storage.test_outcome_documents import anything
from tests.stackduel.storage.whole import EVERYTHING, whole
from tests.stackduel.valid import PAGE, check, errors, validator

LOST = Failure(Place("slow", "waiting", 2), "it died")


def concluded() -> Run:
    """A run with comparisons, limits, curves and advice."""
    return conclude(replace(run(list(blocks())), stacks=STACKS), block_s=60)


RUNS = {
    "nothing measured yet": replace(run([]), status="running"),
    "one trial": run([trial("slow", 5)]),
    "trials that failed": run([trial("slow", 5), LOST]),
    "everything measured": whole(),
    "as little as can be measured": run([Trial(Place("slow", "waiting", 1), "time", EVERYTHING, None)]),
    "concluded": concluded(),
    "void and noisy": run(
        [replace(trial("slow", 5), state="void", reason="x"), replace(trial("fast", 5), state="noisy")]
    ),
}


def test_the_docs_hold_the_schema_of_this_version() -> None:
    """Else: stackduel schema > docs/run.schema.json."""
    assert PAGE.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("made", RUNS.values(), ids=RUNS)
def test_every_run_is_valid(made: Run) -> None:
    """Whatever was and was not measured, and at every state of the run."""
    check(run_to_dict(made))


@settings(max_examples=30)
@given(anything(SearchResult), anything(SearchSettings))
def test_what_searches_are_told_and_find_is_valid(found: SearchResult, told: SearchSettings) -> None:
    """Each mode, each kind of finding, with and without what may be null."""
    made = run([])
    check(run_to_dict(replace(made, suite=replace(made.suite, search=told), findings=(Finding("slow", "x", found),))))


# Objects whose keys are names, or that say what a launcher or an option has to say.
OPEN = {
    "spans_ms",
    "span_histograms",
    "outcomes",
    "cut_short",
    "reads",
    "added_by_number_ms",
    "added_by_number_histograms",
    "environment",
    "options",
    "stacks",
    "gpu",
    "scenarios",
}


def objects(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all objects whose keys the schema knows."""
    if isinstance(content, dict):
        if not path or not (path[-1] in OPEN or (len(path) > 1 and path[-2] == "stacks")):
            yield path
        if not path or path[-1] not in {"environment", "options", "stacks"}:
            for key, each in content.items():
                yield from objects(each, (*path, key))
    elif isinstance(content, list):
        # One of each list is as good as all.
        for place, each in enumerate(content[:1]):
            yield from objects(each, (*path, place))


def at(content: Any, path: tuple[Any, ...]) -> dict[str, Any]:
    for step in path:
        content = content[step]
    found: dict[str, Any] = content
    return found


@pytest.mark.parametrize("name", ["everything measured", "concluded", "trials that failed"])
def test_no_key_may_be_absent_and_none_added(name: str) -> None:
    """Wherever it stands: what is not measured is null."""
    content = json.loads(json.dumps(run_to_dict(RUNS[name])))
    content["trials"] = content["trials"][-1:]
    paths = list(objects(content))
    assert len(paths) > 5
    for path in paths:
        for key in at(content, path):
            lacking = copy.deepcopy(content)
            del at(lacking, path)[key]
            assert not validator().is_valid(lacking), f"{path} without {key}"
        more = copy.deepcopy(content)
        at(more, path)["surprise"] = None
        assert not validator().is_valid(more), f"{path} with a surprise"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("status",), "done"),
        (("trials", 0, "state"), "good"),
        (("trials", 0, "requests"), None),
        (("trials", 0, "requests"), "5"),
        (("trials", 0, "latency_ms", "p99"), "fast"),
        (("trials", 0, "gates"), None),
        (("suite", "scenarios", 0, "load", "kind"), "half-open"),
        (("stacks", "slow"), {}),
    ],
)
def test_values_of_another_kind_are_refused(path: tuple[Any, ...], value: object) -> None:
    """A word that is none, a number that is a text, a count that is null."""
    content = json.loads(json.dumps(run_to_dict(RUNS["one trial"])))
    at(content, path[:-1])[path[-1]] = value
    assert errors(content)


def test_a_failure_has_no_figures() -> None:
    """Neither a zero in the place of what was not measured, nor a gate."""
    content = json.loads(json.dumps(run_to_dict(run([LOST]))))
    check(content)
    content["trials"][0]["requests"] = 0
    assert errors(content)
