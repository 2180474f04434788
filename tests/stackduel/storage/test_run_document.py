"""Runs as documents: nothing lost."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stackduel.analysis.comparisons import compare
from stackduel.analysis.conclusion import conclude
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.errors import StoreError
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, OpenLoop
from stackduel.model.trial import Cost, Failure, Place, Result
from stackduel.storage import run_file
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.stackduel.makers import CALLING, WAITING, run, trial
from tests.stackduel.storage.whole import ALONE, CLOSED, EVERYTHING, MIXED, SHARE, journey, whole

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
    """A run that is read back is written again to the same text."""
    path = run_file.save(example(), tmp_path / "x")
    again = run_file.load(tmp_path / "x")
    assert run_file.to_json(again) == path.read_text(encoding="utf-8")
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
    with pytest.raises(StoreError, match=told):
        run_file.load(tmp_path)
    with pytest.raises(StoreError, match="cannot be read"):
        run_file.load(tmp_path / "absent")


def test_the_file_is_whole_at_every_moment(tmp_path: Path) -> None:
    """Saving replaces the file in one step and leaves no part of it behind."""
    for _ in range(3):
        run_file.save(example(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert run_from_dict(json.loads((tmp_path / "run.json").read_text())).run_id == example().run_id


@pytest.mark.parametrize(
    "held",
    [
        EVERYTHING,
        whole().results[0],
        whole().suite,
        MIXED,
        MIXED.load,
        ALONE,
        SHARE,
        CLOSED.load,
        EVERYTHING.calls[0],
        EVERYTHING.victim,
    ],
    ids=lambda held: type(held).__name__,
)
def test_the_run_for_the_journey_lacks_nothing(held: Any) -> None:
    """A field that is added without a value here would not be seen to be lost; a closed loop has one end only."""
    names = held.__struct_fields__ if isinstance(held, ClosedLoop | OpenLoop) else [each.name for each in fields(held)]
    # A failed answer is a sample for the run that goes on, and stored nowhere.
    empty = {name for name in names if getattr(held, name) in (None, (), 0)} - {"drained", "failed_answer"}
    assert empty == ({"requests", "rated"} if isinstance(held, ClosedLoop) else set())


def test_a_document_from_before_models_can_still_be_read() -> None:
    """Keys that schema 1 did not have from the first are null where a document lacks them."""
    document = json.loads(json.dumps(run_to_dict(run([trial("slow", 5)]))))
    for scenario in document["suite"]["scenarios"]:
        for key in ("model", "given", "served_as", "tolerance"):
            del scenario["workloads"][0][key]
        for key in ("server_timing", "rated"):
            del scenario["load"][key]
    for key in ("spans_ms", "span_histograms"):
        del document["trials"][0][key]
    assert run_from_dict(document) == journey(run([trial("slow", 5)]))


def test_every_field_survives_the_journey() -> None:
    """Suite, loads, trials, histograms, noise and gates come back equal, with exact sums and extremes."""
    assert journey(whole()) == whole()


def test_what_was_concluded_survives_the_journey() -> None:
    """Comparisons, limits, the crossover and the advice are those that were written, also before there are any."""
    about = msgspec.convert(
        {
            "slow": {"tier": "baseline", "waiting_slots": 2},
            "slow.twin": {"tier": "A/A", "waiting_slots": 2},
            "fast": {"tier": "rewrite", "waiting_slots": None},
        },
        dict[str, StackFacts],
    )
    results = [
        trial(stack, requests, block=block, cost=Cost(0.001 * requests, 64))
        for block in range(1, 6)
        for stack, requests in (("slow", 38 + block % 2), ("slow.twin", 39), ("fast", 190 + block))
    ]
    made = conclude(replace(run(results), stacks=about), block_s=60)
    again = journey(made)
    assert (again.comparisons, again.limits, again.curves) == (made.comparisons, made.limits, made.curves)
    assert all((made.comparisons, made.limits, made.curves))
    assert again == made
    assert journey(replace(made, comparisons=(), limits=(), curves=(), advice=None)).advice is None


def test_a_limit_and_a_comparison_may_know_nothing() -> None:
    """Nothing that is null comes back as something else."""
    unknown = replace(
        run([]),
        comparisons=(Comparison("s", "a", "b", "rate", 1.5),),
        limits=(Limit("s", "a", None, None, 5.0, "None known."),),
    )
    assert journey(unknown) == unknown


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("trials", 1, "block"), "2", r"Expected `int`, got `str` - at `\$\.trials\[1\]\.block`"),
        (("trials", 0, "requests"), -1, r"Expected `int` >= 0 - at `\$\.trials\[0\]\.requests`"),
        (("trials", 0, "histogram"), "AAAA", r"not an encoded histogram.* - at `\$\.trials\[0\]`"),
        (("environment", "cores"), "two", r"Expected `int \| null`, got `str` - at `\$\.environment\.cores`"),
        (("suite", "scenarios", 0, "load", "kind"), "half", r"Invalid value 'half' - at `\$\.suite\.scenarios\[0\]"),
        (("stacks", "slow", "tier"), None, r"Expected `str`, got `null` - at `\$\.stacks\[\.\.\.\]\.tier`"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_its_place(path: tuple[Any, ...], value: object, message: str) -> None:
    """No number is read out of a text, and the reader learns where in the document it stands."""
    content = json.loads(json.dumps(run_to_dict(example())))
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        run_from_dict(content)


def test_unknown_keys_of_a_stored_run_are_ignored() -> None:
    """A later version may have written more."""
    content = json.loads(json.dumps(run_to_dict(example())))
    for place in (content, content["trials"][0], content["suite"], content["environment"]):
        place["surprise"] = 1
    assert run_to_dict(run_from_dict(content)) == run_to_dict(example())


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", '{"a":' * 5000])
def test_what_is_no_number_and_what_is_too_deep_is_refused(tmp_path: Path, text: str) -> None:
    """JSON has no such numbers, and a document of ours is not so deep."""
    path = run_file.save(example(), tmp_path)
    path.write_text(path.read_text().replace('"seed": 7', f'"seed": 7, "more": {text}'))
    with pytest.raises(StoreError, match="not valid JSON"):
        run_file.load(tmp_path)


def test_a_histogram_that_inflates_without_end_is_refused() -> None:
    """Its text is small, and what it stands for is not."""
    body = zlib.compress(bytes(50_000_000))
    text = base64.b64encode(struct.pack(">ii", 0x1C849304 | 0x10, len(body)) + body).decode()
    content = json.loads(json.dumps(run_to_dict(example())))
    content["trials"][0]["histogram"] = text
    with pytest.raises(ValueError, match="a histogram of more than"):
        run_from_dict(content)
