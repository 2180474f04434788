"""Runs as documents: nothing lost, nothing secret shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import store
from benchmarks.document import redact, run_from_dict, run_to_dict
from benchmarks.record import Run
from benchmarks.suite import Scenario, Workload
from benchmarks.trial import Failure, Place, Result
from benchmarks.verdict import compare
from tests.benchmarks.makers import CALLING, WAITING, run, trial

TRIAL_KEYS = set(
    "stack scenario block attempt state reason requests succeeded failed outcomes rate_rps duration_s latency_ms"  # noqa: SIM905
    " service_ms lateness_ms victim_ms timeline histogram cpu_s cpu_ms_per_request memory_peak_mib gpu gates".split()
)
RUN_KEYS = set(
    "schema id started command seed environment suite baseline stacks trials comparisons advice".split()  # noqa: SIM905
)


def example() -> Run:
    lost = Failure(Place("slow", "calling", 1), "it died")
    results: list[Result] = [trial("slow", 100), trial("fast", 500, failed=2), lost]
    made = run(results, scenarios=(WAITING, CALLING))
    return replace(made, comparisons=compare(made.results, made.baseline))


def test_a_run_survives_the_journey_to_disk_and_back(tmp_path: Path) -> None:
    """What is read back is written again to the same text."""
    path = store.save(example(), tmp_path / "x")
    again = store.load(tmp_path / "x")
    assert store.to_json(again) == path.read_text(encoding="utf-8")
    assert again.done() == example().done() == {Place("slow", "waiting", 1), Place("fast", "waiting", 1)}


def test_a_trial_has_the_keys_of_the_contract_and_no_made_up_zero() -> None:
    """Trials and failures hold every key of the contract; what was not measured is null."""
    content = run_to_dict(example())
    assert content.keys() >= RUN_KEYS
    measured, _, failed = content["trials"]
    assert measured.keys() >= TRIAL_KEYS
    assert failed.keys() == measured.keys()
    assert measured["latency_ms"].keys() == {"mean", "min", "p50", "p90", "p95", "p99", "p999", "max"}
    assert (measured["latency_ms"]["p95"], measured["latency_ms"]["p99"]) == (pytest.approx(100, rel=0.002), None)
    assert measured["gpu"] is measured["victim_ms"] is None
    assert (failed["state"], failed["reason"], failed["rate_rps"], failed["cpu_s"]) == (
        "failed",
        "it died",
        None,
        None,
    )


def test_secrets_are_shown_nowhere() -> None:
    """Header values of the user's are redacted, and so is every text in which one of them turns up."""
    token = "s3cret-token-value"
    secret = Scenario("mine", (Workload("/x", headers=(("Authorization", f"Bearer {token}"),)),), WAITING.load)
    reason = f"the server wrote: bad header Bearer {token}"
    made = replace(
        run([Failure(Place("slow", "mine", 1), reason)], scenarios=(secret,)),
        secrets=(f"Bearer {token}", token),
        command=("stackduel", "run", token),
    )
    text = store.to_json(made)
    assert token not in text
    assert text.count("[redacted]") == 3


def test_redaction_reaches_keys_and_nested_texts() -> None:
    """Keys, lists and nested tables are searched too, and other values stay as they are."""
    assert redact({"a-key": ["x key", 1, {"b": "key"}]}, ["key"]) == {
        "a-[redacted]": ["x [redacted]", 1, {"b": "[redacted]"}]
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a run of schema 1"),
        ("{}", "not a run of schema 1"),
        ('{"schema": 2}', "schema 2, where this version reads schema 1"),
    ],
)
def test_a_file_that_is_no_run_is_told(tmp_path: Path, content: str, told: str) -> None:
    """A damaged or foreign run.json raises a StoreError that says what is wrong."""
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(store.StoreError, match=told):
        store.load(tmp_path)
    with pytest.raises(store.StoreError, match="cannot be read"):
        store.load(tmp_path / "absent")


def test_the_file_is_whole_at_every_moment(tmp_path: Path) -> None:
    """Saving replaces the file in one step and leaves no part of it behind."""
    for _ in range(3):
        store.save(example(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert run_from_dict(json.loads((tmp_path / "run.json").read_text())).run_id == example().run_id
