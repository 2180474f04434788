"""The truth server keeps to its script, in theory and over the wire."""

from __future__ import annotations

import math
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from itertools import pairwise

import pytest

from stackduel.model.target import Address
from stackduel.verify.exchange import exchange
from tests.truth.server import BODY, Freeze, Queue, Service, drawn, main
from tests.truth.serving import started, truth

# What a busy machine may add to an answer; nothing may be taken from it.
LATE_S = 0.25


def never() -> Freeze:
    """A freeze that does not come."""
    return Freeze(math.inf, 0.0)


def ask(address: Address, times: int = 1) -> list[tuple[float, float]]:
    """When each request of one connection was sent and answered, one after another."""
    moments = []
    with closing(HTTPConnection(address.host, address.port, timeout=10)) as connection:
        for _ in range(times):
            sent_s = time.monotonic()
            connection.request("GET", "/")
            assert connection.getresponse().read() == BODY
            moments.append((sent_s, time.monotonic()))
    return moments


def test_a_queue_serves_on_an_absolute_timetable() -> None:
    """One who comes while others wait is answered one interval after the last; an empty queue saves nothing up."""
    queue = Queue(100, never())
    assert [queue.due_s(5.0) for _ in range(3)] == pytest.approx([5.01, 5.02, 5.03])
    assert queue.due_s(5.025) == pytest.approx(5.04)
    assert [queue.due_s(9.0) for _ in range(2)] == pytest.approx([9.01, 9.02])


def test_a_frozen_queue_goes_on_where_it_stopped() -> None:
    """A request that falls into the freeze is answered at its end, and the rest from there at the old rate."""
    freeze = Freeze(0.015, 1.0)
    freeze.begin(5.0)
    queue = Queue(100, freeze)
    assert [queue.due_s(5.0) for _ in range(4)] == pytest.approx([5.01, 6.015, 6.025, 6.035])


@pytest.mark.parametrize(("share", "slow"), [(0.01, 10), (0.29, 290), (0.5, 500), (0.0, 0), (1.0, 1000)])
def test_the_share_of_slow_requests_is_exact(share: float, slow: int) -> None:
    """Of a thousand requests exactly that share is slow, and never two in a row if less than half are."""
    service = Service(0.001, 0.1, share, never())
    taken = [service.due_s(float(number)) - number for number in range(1000)]
    assert sum(each > 0.05 for each in taken) == slow
    if share < 0.5:
        assert not any(one > 0.05 and other > 0.05 for one, other in pairwise(taken))


def test_frozen_requests_are_answered_together() -> None:
    """Requests that would be due within the freeze are all due at its end, those before and after as ever."""
    freeze = Freeze(1.0, 0.5)
    service = Service(0.1, 0.1, 0.0, freeze)
    freeze.begin(10.0)
    assert [service.due_s(each) for each in (10.5, 10.95, 11.2, 11.45)] == pytest.approx([10.6, 11.5, 11.5, 11.55])


def test_drawn_rates_have_the_asked_for_spread() -> None:
    """Their logarithms lie around that of the rate, as far apart as asked for."""
    logs = [math.log(drawn(1000, 0.02)) for _ in range(4000)]
    # Six standard errors: a test on entropy that may not fail by chance.
    assert statistics.fmean(logs) == pytest.approx(math.log(1000), abs=6 * 0.02 / math.sqrt(4000))
    assert statistics.stdev(logs) == pytest.approx(0.02, abs=6 * 0.02 / math.sqrt(8000))
    assert drawn(1000, 0.0) == 1000


@pytest.mark.parametrize(
    "wrong",
    [
        ["--rate", "0"],
        ["--rate", "ten"],
        ["--spread", "0.1"],
        ["--rate", "5", "--service", "constant:1"],
        ["--service", "constant:1,2"],
        ["--service", "bimodal:1,2,1.5"],
        ["--service", "odd:1"],
        ["--freeze", "1"],
        ["--freeze", "1,-1"],
    ],
)
def test_wrong_arguments_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever has no meaning ends with a usage message."""
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", *wrong])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_no_answer_comes_early() -> None:
    """Over the wire each answer takes its scripted time or more, hardly more at best, and all have one body."""
    with truth("--service", "bimodal:5,40,0.25") as address:
        times_s = [done_s - sent_s for sent_s, done_s in ask(address, times=20)]
        assert exchange(address, "/health").body == BODY
    assert min(times_s[3::4]) >= 0.040
    assert 0.005 <= min(times_s) < 0.007


def test_a_queue_has_exactly_its_rate_over_the_wire() -> None:
    """Four connections that ask on and on get their answers at the rate of the timetable, in all."""
    each, rate_rps = 25, 400
    with truth("--rate", str(rate_rps)) as address, ThreadPoolExecutor(4) as pool:
        moments = [moment for found in pool.map(lambda _: ask(address, each), range(4)) for moment in found]
    took_s = max(done_s for _, done_s in moments) - min(sent_s for sent_s, _ in moments)
    assert 4 * each / rate_rps <= took_s < 4 * each / rate_rps + LATE_S


def test_a_freeze_lasts_from_its_moment_to_its_end() -> None:
    """A request within it waits for its end, and the next load has a freeze of its own."""
    with truth("--service", "constant:1", "--freeze", "0.05,0.2") as address:
        for _ in range(2):
            moments = ask(address, times=60)
            (began_s, first_s), *rest = moments
            frozen = [done_s for sent_s, done_s in rest if first_s + 0.05 <= sent_s < began_s + 0.25]
            assert all(done_s >= began_s + 0.25 for done_s in frozen)
            assert 0.1 < max(done_s - sent_s for sent_s, done_s in moments) < 0.2 + LATE_S


def test_drawn_rates_differ_from_start_to_start() -> None:
    """With a spread, each start of the same command has a rate of its own, and says which."""
    lines = []
    for _ in range(2):
        with started("--rate", "300", "--spread", "0.5") as line:
            lines.append(line.partition(": ")[2])
    assert all(line.endswith(" requests a second\n") for line in lines)
    assert lines[0] != lines[1]
