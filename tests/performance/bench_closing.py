"""Do stackduel and wrk agree about a server that closes every connection and waits until its client has, too?

``python tests/performance/bench_closing.py httpbin:app --python ENV/bin/python --path /json`` starts the application
under one of Gunicorn's sync workers, or under another ``--command``, afresh for each tool, and lets stackduel and wrk
take turns. It prints the rates of each pair and the ratio of stackduel's to wrk's with its interval.

It exits with 1 where the upper end of the interval is below 0.8: what a client in Python takes to notice an answer
is part of what such a server can do, and no more than that may be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from stackduel.analysis.statistics.intervals import interval, log_ratios
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from stackduel.verify.exchange import exchange
from tests.performance.asked import Asked

LEAST = 0.8
FEWEST_PAIRS = 5


def pairs_of(asked: Asked, command: str, pairs: int, window_s: int) -> Iterator[tuple[float, float]]:
    """Yield the rates of stackduel and of wrk, each from a fresh server, in changing order."""
    with local_engine(tuple(asked.wrk_cores), shards=1) as engine:
        for number in range(pairs):
            if number % 2:
                wrk_rps = asked.rate_rps(command, window_s)
            with asked.served(command) as port:
                ours_rps = _rate_rps(engine, asked, port, window_s)
            if not number % 2:
                wrk_rps = asked.rate_rps(command, window_s)
            yield ours_rps, wrk_rps


def _rate_rps(engine: Engine, asked: Asked, port: int, window_s: int) -> float:
    """Return the right answers per second that stackduel counts; raises ValueError where one was not right."""
    address = Address("127.0.0.1", port)
    reply = exchange(address, asked.path)
    load = ClosedLoop(asked.connections, duration_s=window_s, warmup_s=0.3)
    call = Call(Workload(asked.path), Expectation.of(reply.status, reply.body, "body"))
    found = engine.measure(Job(address, (call,), load))
    if found.failed:
        raise ValueError(f"requests failed: {found.outcomes}")
    return found.succeeded / found.duration_s


def main() -> None:
    """Print each pair and the ratio; exit with 1 where it is too low."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("application")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="the application's interpreter")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the server is started")
    parser.add_argument("--command", default="gunicorn", help="the server's command, without application and address")
    parser.add_argument("--path", default="/")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--window", type=int, default=3, help="seconds of each measurement")
    parser.add_argument("--pairs", type=int, default=8, help=f"at least {FEWEST_PAIRS}")
    chosen = parser.parse_args()
    if chosen.pairs < FEWEST_PAIRS:
        parser.error(f"--pairs must be at least {FEWEST_PAIRS}, not {chosen.pairs}")
    asked = Asked.here(chosen.python, chosen.folder, chosen.path, chosen.connections)
    rates = []
    for ours_rps, wrk_rps in pairs_of(asked, f"{chosen.command} {chosen.application}", chosen.pairs, chosen.window):
        rates.append((ours_rps, wrk_rps))
        print(f"stackduel {ours_rps:,.0f} req/s, wrk {wrk_rps:,.0f}", flush=True)
    found = interval(log_ratios(*zip(*rates, strict=True)))
    assert found is not None
    print(f"stackduel / wrk: {found.ratio:.3f} ({found.low:.3f}-{found.high:.3f}), {chosen.pairs} pairs")
    sys.exit(found.high < LEAST)


if __name__ == "__main__":
    main()
