"""Soaks of servers that leak by a known amount, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from stackduel.model.findings import Finding
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_settings import SoakSettings
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Cost, Failure, Memory, Place, Result, Trial
from stackduel.search.probe import Probe
from stackduel.search.soak import PIECES, search_soak, soak_result
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.stackduel.makers import measurement, run
from tests.stackduel.search.simulated import carried_out, void

HOUR = ClosedLoop(8, duration_s=3600.0, warmup_s=2.0, stable_within_s=10.0)
BUDGET = SoakSettings(memory_mib=200)


def server(
    memory: Callable[[float], float], latency_ms: Callable[[int], float] = lambda _piece: 10.0
) -> Callable[[Probe], Trial]:
    """A server whose memory and latency are known at every moment, with half a MiB of noise."""
    draw = np.random.default_rng(3)
    pieces = 0

    def serve(probe: Probe) -> Trial:
        nonlocal pieces
        width_s = probe.load.duration_s or 60.0
        began_s = pieces * width_s
        moments = np.arange(0.0, width_s, 2.0)
        points = tuple(Memory(float(at), memory(began_s + at) + 0.5 * float(draw.standard_normal())) for at in moments)
        found = replace(
            measurement([latency_ms(pieces)] * 600, width_s), warmup=replace(measurement([]).warmup, duration_s=0.0)
        )
        pieces += 1
        return Trial(Place("it", f"soak@{probe.label}", 1), "rate", found, Cost(1.0, 100.0, points))

    return serve


def found(serve: Callable[[Probe], Result]) -> tuple[Soak, list[Probe]]:
    return carried_out(search_soak(HOUR, BUDGET), serve)


def test_a_leak_is_found_with_its_slope_and_the_time_to_the_budget() -> None:
    """12 MiB an hour: within the interval, surely more than nothing, and so many hours from 106 to 200 MiB."""
    soak, _ = found(server(lambda at_s: 94 + 12 * at_s / 3600))
    assert soak.slope is not None
    assert soak.slope.low <= 12 <= soak.slope.high
    assert soak.slope.low > 10
    assert soak.full_in_h == pytest.approx((200 - 106) / 12, rel=0.1)
    assert soak.sentence.startswith("Memory grows by +1")
    assert "to the budget of 200 MiB in 1 h" in soak.sentence


def test_a_server_that_does_not_leak_shows_no_leak() -> None:
    """The interval holds nothing at all, and there is no time to the budget."""
    soak, _ = found(server(lambda _at_s: 94.0))
    assert soak.slope is not None
    assert soak.slope.low <= 0 <= soak.slope.high
    assert soak.full_in_h is None
    assert soak.sentence.startswith("No leak seen: memory slope ")


def test_what_may_fill_the_budget_within_a_day_is_not_called_no_leak() -> None:
    """A minute of memory that moves by 5 MiB has bounds of hundreds of MiB an hour, which tell nothing."""
    draw = np.random.default_rng(4)
    serve = server(lambda _at_s: 94.0 + 5 * float(draw.standard_normal()))
    soak, _ = carried_out(search_soak(msgspec.structs.replace(HOUR, duration_s=120.0), BUDGET), serve)
    assert soak.slope is not None
    assert soak.slope.low < 0 < soak.slope.high
    assert soak.sentence.startswith("Too short to tell whether memory grows: slope ")


def test_caches_that_fill_at_first_are_no_leak() -> None:
    """Growth in the first tenth alone is left out of the slope."""
    soak, _ = found(server(lambda at_s: 94 + 30 * min(at_s / 300, 1)))
    assert soak.slope is not None
    assert abs(soak.slope.value) < 1


def test_the_thirds_are_compared() -> None:
    """A server that answers at 10 ms at first and at 15 ms in the end."""
    soak, _ = found(server(lambda _at_s: 94.0, lambda piece: 10.0 if piece < 8 else 15.0))
    assert soak.first.p99_ms == pytest.approx(10, rel=0.01)
    assert soak.last.p99_ms == pytest.approx(15, rel=0.01)
    assert soak.first.rate_rps == soak.last.rate_rps == 2.0
    assert "p99 10 ms, then 15 ms; 0 of 7,200 requests failed." in soak.sentence


def test_the_load_is_one_in_pieces_on_one_server() -> None:
    """The pieces add up to the whole; only the first warms up, on a fresh server, and none is repeated."""
    _, tried = found(server(lambda _at_s: 94.0))
    assert len(tried) == PIECES
    assert sum(probe.load.duration_s or 0 for probe in tried) == pytest.approx(3600)
    assert [probe.fresh for probe in tried] == [True] + [False] * (PIECES - 1)
    assert [probe.load.warmup_s for probe in tried] == [2.0] + [0.0] * (PIECES - 1)
    assert all(probe.once for probe in tried)
    assert len({probe.label for probe in tried}) == PIECES


def test_every_piece_brings_the_result_so_far() -> None:
    """An interruption loses the last piece at most."""
    _, tried = found(server(lambda _at_s: 94.0))
    assert tried[0].so_far is None
    assert [probe.so_far.duration_s for probe in tried[1:]] == pytest.approx([300.0 * n for n in range(1, PIECES)])


def test_the_first_two_pieces_have_no_thirds() -> None:
    """A value that would be compared with itself is not compared."""
    _, tried = found(server(lambda _at_s: 94.0))
    two, three = tried[2].so_far, tried[3].so_far
    assert (two.first.rate_rps, two.last.rate_rps) == (None, None)
    assert "first third" not in two.sentence
    assert three.first.rate_rps == three.last.rate_rps == 2.0


def test_a_server_that_ends_keeps_the_result_so_far() -> None:
    """The reason of its end follows the figures of the earlier pieces."""
    serve, dead = server(lambda at_s: 94 + 60 * at_s / 3600), Failure(Place("it", "x", 1), "used 201 MiB of memory")
    pieces = iter(range(PIECES))
    soak, tried = found(lambda probe: serve(probe) if next(pieces) < 6 else dead)
    assert (len(tried), soak.duration_s) == (7, 1800.0)
    assert soak.sentence.endswith("; it ended early: used 201 MiB of memory.")


def test_disturbed_pieces_count_for_memory_alone() -> None:
    """Disturbed pieces do not count for the rate, and the sentence names them."""
    serve = server(lambda _at_s: 94.0)
    soak, _ = found(lambda probe: void(serve(probe), "foreign-cpu"))
    assert (soak.first.rate_rps, soak.disturbed) == (None, PIECES)
    assert soak.slope is not None
    assert "12 of the pieces it was measured in were disturbed" in soak.sentence


def test_the_sentence_says_that_memory_cannot_be_read() -> None:
    """A stack that runs elsewhere has rates, and no slope."""
    serve = server(lambda _at_s: 94.0)
    soak, _ = found(lambda probe: replace(serve(probe), cost=None))
    assert (soak.slope, soak.memory_mib) == (None, None)
    assert soak.sentence.startswith("Memory was not read often enough for a slope in 1 h; rate 2 req/s")


def test_a_soak_survives_the_document() -> None:
    """The finding and the memory over time are loaded back as they were."""
    trials: list[Trial] = []
    serve = server(lambda at_s: 94 + 12 * at_s / 3600)

    def keeping(probe: Probe) -> Trial:
        trials.append(serve(probe))
        return trials[-1]

    soak, _ = found(keeping)
    assert soak_result(trials, BUDGET) == soak
    document = run_to_dict(replace(run(trials), findings=(Finding("slow", "soak", soak),)))
    again = run_from_dict(document)
    assert again.findings[0].found == soak
    assert run_to_dict(again) == document


def test_a_number_of_requests_is_sent_in_pieces() -> None:
    """A soak of 10,000 requests asks for at least as many in all, and warms up once."""
    load = ClosedLoop(4, requests=10_000, warmup_requests=100, rated=True)
    _, tried = carried_out(search_soak(load, BUDGET), server(lambda _at_s: 94.0))
    assert [probe.load.requests for probe in tried] == [834] * PIECES  # type: ignore[union-attr]
    assert [probe.load.warmup_requests for probe in tried] == [100] + [0] * (PIECES - 1)  # type: ignore[union-attr]
