"""A run in which every field holds something, and its journey into text and back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.gpu_use import DeviceUse, Gpu, GpuUse
from stackduel.model.histogram import Histogram
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement
from stackduel.model.measurement import CallCount, GeneratorUse, Measurement, Victim, Warmup, Window
from stackduel.model.prices import Prices, RequestCost
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.speedup_claim import SpeedupClaim
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import (
    ClosedLoop,
    OpenLoop,
    PublishedRequest,
    Scenario,
    ServiceLevel,
    SetupRequest,
    Suite,
    Variant,
    Workload,
)
from stackduel.model.trial import Cost, Gate, HostNoise, Inside, Place, Trial
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.stackduel.makers import run


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
    victim=Victim("GET /health", 20, 1, milliseconds(900, 1), 2),
    scheduled=9,
    completed=5,
    timeline=(Window(0.0, 1.0, 5, 1, 100.0, 200.0), Window(1.0, 0.5, 4, 2, None, None)),
    reconnects=3,
    resent=1,
    drained=False,
    in_flight_mean=1.75,
    warmup=Warmup(11, 0.75, stable=False),
    generator=GeneratorUse("raw", 2, 0.5, 0.125, (1, 3), True, "uvloop"),
    streams=StreamFigures(
        opened=4,
        completed=2,
        cut_short={17: 1, 1: 1},
        events=40,
        out_of_order=1,
        missing=2,
        doubled=3,
        wrong=1,
        early=5,
        paced=38,
        stalls=4,
        told=2,
        told_tokens=60,
        told_events=30,
        kept=1,
        heartbeats=6,
        reads={1: 34, 3: 2},
        ttft=milliseconds(300, 5),
        gap=milliseconds(20, 0),
        per_event=milliseconds(19.5),
        added=milliseconds(30.5, 0),
        made_late=milliseconds(10),
        way=Histogram.empty(),
        added_by_number={1: milliseconds(0), 4: milliseconds(30.5)},
    ),
)
MIXED = Scenario(
    "mixed",
    (
        Workload("/a", weight=3, headers=(("Accept", "text/plain"),)),
        Workload("/b", "POST", body=bytes(range(256)), status=201, check="length"),
    ),
    OpenLoop(
        12.5,
        2.0,
        "gamma",
        burstiness=3.5,
        connections=9,
        warmup_s=0.5,
        stable_within_s=4.0,
        first_byte=True,
        server_timing=True,
    ),
    "All of it.",
    Workload("/health", check="status"),
    (
        *(ServiceLevel("p99_ms", 100.0), ServiceLevel("infer_p99_ms", 10.0), ServiceLevel("errors", 0.01, True)),
        *(ServiceLevel("rate_rps", 10.0), ServiceLevel("growth_mib", 5.0)),
    ),
    PublishedRequest("/a?delay=1", 10),
    windows=3,
    idle="mixed.idle",
    idle_of="streamed",
)
CLOSED = Scenario(
    "closed", (Workload("/a"),), ClosedLoop(3, 2.0, None, 0.5, 6, 1.5, first_byte=True, server_timing=True)
)
ALONE = IsolatedMeasurement("tiny", 1, 2, 4, 0.5, 8.0, milliseconds(4, 5, 6.25, 100.1))
SHARE = CeilingShare("mixed", "slow", "tiny", 0.9, 0.85, 0.95, 0.95, 5, 480.0)
SLAS = (
    ServiceLevelResult("mixed", "slow", "p99_ms", 100.0, 80.5, True),
    ServiceLevelResult("mixed", "slow", "infer_p99_ms", 10.0, None, None, "not enough requests"),
    ServiceLevelResult("mixed", "slow", "errors", 0.01, 0.25, False),
    ServiceLevelResult("mixed", "slow", "rate_rps", 10.0, 12.5, True),
    ServiceLevelResult("mixed", "slow", "growth_mib", 5.0, 0.125, True),
)
COSTS = (
    RequestCost("mixed", "slow", 5, 0.125, 0.1, 0.15),
    RequestCost("closed", "slow", 0, reason="no request was answered rightly"),
)
GPU = Gpu("Fake 100", "GPU-aaaa", "580.65", 80_000)
GPU_USE = GpuUse((DeviceUse.of(GPU, 70.5, 900.0, 250.5),), 70.5, 900.0, 250.5, samples=25)


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
        sample="status 500, 'no'",
        worker_timeouts=2,
        proxy_cpu_s=0.25,
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
        database="postgresql",
        claims=(SpeedupClaim("Twice as fast.", "fast", "slow", 1.5, 2.5),),
        long_form="soak",
        settings=(("CONCURRENCY_LIMIT", "20"),),
        prices=Prices(0.04, 0.005),
        setup=(SetupRequest(Workload("/login", "POST"), (("token", "/token"),), (("csrf", "X-CSRF"),)),),
        variants=(Variant("swift", "fast", "the same, swift", (("LOOP", "uvloop"),)),),
    )
    return replace(
        base,
        suite=suite,
        options=RunOptions(stacks=("slow",), gates={"steal": 1.0}),
        planned=40,
        isolated=(ALONE, IsolatedFailure("tiny", 2, "it died")),
        ceiling_shares=(SHARE,),
        slas=SLAS,
        costs=COSTS,
    )
