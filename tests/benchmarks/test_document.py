"""Runs as documents: nothing lost, nothing secret shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import store
from benchmarks.conclude import conclude
from benchmarks.document import redact, result_from_dict, result_to_dict, run_from_dict, run_to_dict
from benchmarks.gpu import DeviceUse, Gpu, GpuUse
from benchmarks.histogram import Histogram
from benchmarks.inference.ceiling_share import CeilingShare
from benchmarks.inference.given import Given as Recipe
from benchmarks.inference.isolated import Isolated, NotIsolated
from benchmarks.measurement import CallCount, GeneratorUse, Measurement, Victim, Warmup, Window
from benchmarks.record import Run
from benchmarks.search.settings import CapacitySettings
from benchmarks.sla import Sla
from benchmarks.suite import ClosedLoop, OpenLoop, Promise, Scenario, Suite, Workload
from benchmarks.trial import Comparison, Cost, Failure, Gate, HostNoise, Inside, Limit, Place, Result, Trial
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


def journey(made: Run) -> Run:
    """The run as it is after having been text."""
    return run_from_dict(json.loads(json.dumps(run_to_dict(made), allow_nan=False)))


def milliseconds(*values: float) -> Histogram:
    return Histogram.of(np.array([value * 1e6 for value in values], dtype=np.int64))


EVERYTHING = Measurement(
    requests=9,
    succeeded=6,
    failed=3,
    cut_off=2,
    cut_off_s=0.25,
    outcomes={"ok": 6, "timeout": 2, "unsent": 1},
    duration_s=2.5,
    latency=milliseconds(100.1, 7, 13.37, 30_000),
    service=milliseconds(90.9, 1e-6),
    lateness=milliseconds(0, 0.25),
    dispatch=milliseconds(0, 0.125),
    first_byte=milliseconds(3, 5),
    spans={"infer": milliseconds(2, 3), "total": milliseconds(4.5)},
    calls=(CallCount("GET /a", 5, 1, milliseconds(1, 2)), CallCount("POST /b", 4, 4, Histogram.empty())),
    victim=Victim("GET /health", 20, 1, milliseconds(900, 1)),
    scheduled=9,
    completed=5,
    timeline=(Window(0.0, 1.0, 5, 1, 100.0, 200.0), Window(1.0, 0.5, 4, 2, None, None)),
    reconnects=3,
    resent=1,
    drained=False,
    in_flight_mean=1.75,
    warmup=Warmup(11, 0.75, stable=False),
    generator=GeneratorUse("raw", 2, 0.5, 0.125, (1, 3), True, "uvloop"),
)
MIXED = Scenario(
    "mixed",
    (
        Workload("/a", weight=3, headers=(("Accept", "text/plain"),)),
        Workload("/b", "POST", body=bytes(range(256)), status=201, check="length"),
    ),
    OpenLoop(
        12.5, 2.0, "poisson", connections=9, warmup_s=0.5, stable_within_s=4.0, first_byte=True, server_timing=True
    ),
    "All of it.",
    Workload("/health", check="status"),
    (Promise("p99_ms", 100.0), Promise("infer_p99_ms", 10.0), Promise("errors", 0.01)),
)
CLOSED = Scenario(
    "closed", (Workload("/a"),), ClosedLoop(3, 2.0, None, 0.5, 6, 1.5, first_byte=True, server_timing=True)
)
ASKED = Workload(
    "/infer/speaker", "POST", status=200, check="numbers", model="speaker", served_as="speech", tolerance=1e-5,
    given=Recipe("wav", 342_922, 16_000, seed=3),
)  # fmt: skip
FIXED = Scenario("fixed", (ASKED,), ClosedLoop(20, requests=200, rated=True))
ALONE = Isolated("tiny", 1, 2, 4, 0.5, 8.0, milliseconds(4, 5, 6.25, 100.1))
SHARE = CeilingShare("mixed", "slow", "tiny", 0.9, 0.85, 0.95, 0.95, 5, 480.0)
SLAS = (
    Sla("mixed", "slow", "p99_ms", 100.0, 80.5, True),
    Sla("mixed", "slow", "infer_p99_ms", 10.0, None, None, "not enough requests"),
    Sla("mixed", "slow", "errors", 0.01, 0.25, False),
)


GPU = Gpu("Fake 100", "GPU-aaaa", "580.65", 80_000)
GPU_USE = GpuUse((DeviceUse(GPU, 70.5, 900.0, 250.5),), 70.5, 900.0, 250.5, samples=25)


def whole() -> Run:
    """A run in which every field of a measurement, a trial, a suite and a load holds something."""
    made = Trial(
        place=Place("slow", "mixed", 2, 3),
        metric="time",
        measurement=EVERYTHING,
        cost=Cost(1.5, 96.5),
        state="noisy",
        reason="The hypervisor took 9 % of the CPU time.",
        gates=(Gate("steal", False, "Stolen."), Gate("sent", True, "All of them.")),
        noise=HostNoise(0.09, 0.01, 0.125),
        downstream_cpu_s=0.5,
        null_rate_rps=54_321.5,
        gpu=GPU_USE,
        inside=Inside(9, 2.5, {"queue": 0.5, "infer": 4.25}),
    )
    base = run([made], scenarios=(MIXED, CLOSED))
    suite = Suite(
        "quick",
        "A summary.",
        "slow",
        ("slow", "fast"),
        5,
        (MIXED, CLOSED),
        precision=0.03,
        most_blocks=20,
        search=CapacitySettings(demand_rps=5000.0),
        shared_cores=True,
        isolated=True,
        duel=("slow", "fast"),
    )
    return replace(
        base,
        suite=suite,
        options={"stacks": ["slow"], "gates": {"steal": 1.0}},
        planned=40,
        isolated=(ALONE, NotIsolated("tiny", 2, "it died")),
        ceiling_shares=(SHARE,),
        slas=SLAS,
    )


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
    empty = {field.name for field in fields(held) if getattr(held, field.name) in (None, (), 0)} - {"drained"}
    assert empty == ({"requests", "rated"} if isinstance(held, ClosedLoop) else set())


def test_a_request_to_a_model_keeps_its_recipe_and_no_bytes() -> None:
    """What a model was given comes back equal, as does a fixed number of requests whose rate counts."""
    made = run([], scenarios=(FIXED,))
    assert journey(made).suite.scenarios == (FIXED,)
    (shown,) = run_to_dict(made)["suite"]["scenarios"][0]["workloads"]
    assert shown["body"] == ""
    assert shown["given"] == {
        "kind": "wav", "samples": 342_922, "rate_hz": 16_000, "width": None, "height": None, "seed": 3,
    }  # fmt: skip


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
    about: dict[str, dict[str, Any]] = {
        "slow": {"tier": "baseline", "waiting_slots": 2},
        "slow.twin": {"tier": "A/A", "waiting_slots": 2},
        "fast": {"tier": "rewrite", "waiting_slots": None},
    }
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
    "lacking",
    [
        replace(
            EVERYTHING, service=None, lateness=None, first_byte=None, spans=None, victim=None, scheduled=None, calls=()
        ),
        replace(EVERYTHING, spans={}),
        replace(EVERYTHING, succeeded=0, outcomes={"timeout": 9}, latency=Histogram.empty()),
        replace(EVERYTHING, victim=Victim("GET /health", 3, 3, Histogram.empty()), warmup=Warmup(0, 0.0)),
        replace(EVERYTHING, service=Histogram.empty(), timeline=(), generator=replace(EVERYTHING.generator, cores=())),
    ],
)
def test_what_was_not_measured_stays_unknown(lacking: Measurement) -> None:
    """None is not an empty histogram, and an empty one not None."""
    made = Trial(Place("slow", "mixed", 1), "time", lacking, None)
    assert result_from_dict(json.loads(json.dumps(result_to_dict(made)))) == made


def test_an_open_loop_shows_its_own_figures() -> None:
    """Service, lateness, first byte and the victim stand as summaries beside the latency; calls have one each."""
    shown = result_to_dict(whole().results[0])
    assert shown["service_ms"]["max"] == pytest.approx(90.9)
    assert shown["lateness_ms"]["max"] == pytest.approx(0.25)
    assert shown["first_byte_ms"]["min"] == pytest.approx(3)
    assert shown["victim_ms"]["max"] == pytest.approx(900)
    assert (shown["victim"]["label"], shown["victim"]["requests"], shown["victim"]["failed"]) == ("GET /health", 20, 1)
    assert [(call["label"], call["requests"], call["failed"]) for call in shown["calls"]] == [
        ("GET /a", 5, 1),
        ("POST /b", 4, 4),
    ]
    assert shown["calls"][1]["latency_ms"]["mean"] is None
    assert shown["rate_rps"] == 2.0, "what completed rightly within the window, not all that was answered"


@given(st.lists(st.integers(0, 3_600_000_000_000), min_size=1, max_size=200))
def test_sums_and_extremes_are_exact_after_the_journey(latencies_ns: Sequence[int]) -> None:
    """The interchange format lacks them, and the summary's milliseconds give them back to the nanosecond."""
    latency = Histogram.of(np.array(latencies_ns, dtype=np.int64))
    made = Trial(Place("slow", "waiting", 1), "rate", replace(EVERYTHING, latency=latency), None)
    again = result_from_dict(json.loads(json.dumps(result_to_dict(made))))
    assert isinstance(again, Trial)
    assert again.measurement.latency == latency


def test_only_headers_that_may_be_secret_are_left_out() -> None:
    """What a request accepts is no secret, and its name in whatever case is known."""
    headers = (("ACCEPT", "text/html"), ("X-Token", "abc"), ("Content-Type", "text/plain"))
    made = run([], scenarios=(replace(CLOSED, workloads=(Workload("/a", headers=headers),), victim=None),))
    (again,) = journey(made).suite.scenarios[0].workloads
    assert again.headers == (("ACCEPT", "text/html"), ("X-Token", "[redacted]"), ("Content-Type", "text/plain"))


def test_a_secret_that_is_called_as_a_part_of_the_document_loses_no_trial() -> None:
    """Whatever a secret is, the parts of a run keep their names."""
    made = replace(run([trial("slow", 5)]), secrets=("trials", "suite"))
    assert len(run_to_dict(made)["trials"]) == 1
    assert "suite" in run_to_dict(made)
