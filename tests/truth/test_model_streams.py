"""The tokens of models are those of the scripted server's own log, in the manner of every kind of server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from statistics import fmean, median
from typing import get_args
from urllib.parse import urlencode

import pytest

from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Expectation, Measurement, Outcome
from stackduel.model.stream_bounds import StreamBounds
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from tests.truth.serving import truth
from tests.truth.stream_pairs import UntrueError
from tests.truth.stream_server import Dialect, Script
from tests.truth.test_streams import CLIENT_CORE, SERVER_CORE, comes_true, logged

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
STREAMS = 20
BOUND = 0.1


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    """The scripted server."""
    with truth("--core", str(SERVER_CORE), server="stream_server") as where:
        yield where


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One shard, on a core of its own."""
    with local_engine((CLIENT_CORE,), 1) as engine:
        yield engine


def measured(
    engine: Engine, address: Address, script: Script, bounds: StreamBounds | None = None
) -> tuple[Measurement, StreamFigures]:
    """Return the measurement of a script, in as many streams at once as there are; any text is right."""
    logged(address)
    workload = Workload(f"/chat?{query_of(script)}", stream="openai", check="status")
    job = Job(address, (Call(workload, Expectation(200)),), ClosedLoop(STREAMS, requests=STREAMS), bounds=bounds)
    measurement = engine.measure(job)
    assert measurement.streams is not None
    return measurement, measurement.streams


def query_of(script: Script) -> str:
    """The query that asks for a script."""
    return urlencode({name: value for name, value in asdict(script).items() if value})


def close(name: str, found: Histogram, right_ns: Sequence[int], bound: float = BOUND) -> None:
    """Raise UntrueError where the median or the mean is not within ``bound`` of the right one, or of 100 ms."""
    assert found.count == len(right_ns)
    pairs = ((found.quantile_ns(0.5), median(right_ns)), (found.mean_ns, fmean(right_ns)))
    if any(mine != pytest.approx(right, rel=bound, abs=bound * 1e8) for mine, right in pairs):
        raise UntrueError(f"{name}: {pairs}")


@pytest.mark.parametrize("dialect", DIALECTS)
@comes_true
def test_the_first_token_is_not_the_role(engine: Engine, address: Address, dialect: Dialect) -> None:
    """The role comes at once and the first token after 300 ms; times are those of the log, whatever else is sent."""
    script = Script(events=20, first_ms=300, interval_ms=20, added_ms=10, dialect=dialect)
    measurement, figures = measured(engine, address, script)
    log = logged(address)
    assert (measurement.succeeded, figures.completed, figures.events) == (STREAMS, STREAMS, 20 * STREAMS)
    events = [(sent.zero_ns, *event) for sent in log for event in sent.events]
    close("added", figures.added, [written_ns - zero_ns - due_ns for zero_ns, _, due_ns, _, written_ns in events])
    close("gap", figures.gap, [b[3] - a[3] for sent in log for a, b in pairwise(sent.events)])
    close("ttft", figures.ttft, [sent.events[0][3] - sent.came_ns for sent in log])
    assert figures.ttft.min_ns > 300e6
    assert (figures.told, figures.told_tokens) == ((0, 0) if dialect == "completions" else (STREAMS, 20 * STREAMS))


@comes_true
def test_a_chunk_of_several_tokens_distorts_the_time_between_events(engine: Engine, address: Address) -> None:
    """Four tokens every 40 ms are one every 10: the server's count tells, and events alone say four times that."""
    script = Script(events=21, interval_ms=40, dialect="vllm", tokens=4)
    _, figures = measured(engine, address, script)
    log = logged(address)
    close("tpot", figures.per_event, [(s.events[-1][3] - s.events[0][3]) // (21 * 4 - 1) for s in log], BOUND / 4)
    close("gap", figures.gap, [b[3] - a[3] for sent in log for a, b in pairwise(sent.events)])
    assert figures.tokens_per_event == 4
    assert figures.tokens == 21 * 4 * STREAMS
    by_events = [(sent.events[-1][3] - sent.events[0][3]) / 20 for sent in log]
    assert figures.per_event.mean_ns < 0.3 * sum(by_events) / len(by_events)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_error_within_a_stream_fails_it(engine: Engine, address: Address, dialect: Dialect) -> None:
    """Every fourth stream ends with its server's error, some of them followed by [DONE]: each fails, and says why."""
    script = Script(events=10, interval_ms=10, dialect=dialect, fails=4)
    measurement, figures = measured(engine, address, script)
    assert measurement.outcomes == {Outcome.OK: 15, Outcome.WRONG_EVENTS: 5}
    assert (figures.completed, figures.cut_short) == (15, {10: 5})
    assert measurement.failed_answer is not None
    assert "after 10 events with an error: " in measurement.failed_answer.difference
    assert "broken" in measurement.failed_answer.difference


def test_a_stream_without_an_end_is_cut_short(engine: Engine, address: Address) -> None:
    """A connection that closes after the seventh token is no end."""
    measurement, figures = measured(engine, address, Script(events=10, interval_ms=10, cut=7))
    assert measurement.outcomes == {Outcome.TRUNCATED: STREAMS}
    assert (figures.completed, figures.cut_short) == (0, {7: STREAMS})


def test_goodput_counts_the_streams_that_keep_all_bounds(engine: Engine, address: Address) -> None:
    """Each stream is good by itself: in time at its first token and fast enough, and not one with an error."""
    script = Script(events=10, first_ms=100, interval_ms=50, fails=4)
    for bounds, kept in (
        (StreamBounds(ttft_ms=2000, tpot_ms=500), 15),
        (StreamBounds(ttft_ms=90), 0),
        (StreamBounds(ttft_ms=2000, tpot_ms=45), 0),
        (None, 0),
    ):
        assert measured(engine, address, script, bounds)[1].kept == kept
