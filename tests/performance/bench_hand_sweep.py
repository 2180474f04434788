"""Is the command that ``stackduel tune`` ends with as good as the best that somebody finds by hand, with wrk?

``python tests/performance/bench_hand_sweep.py httpbin:app --python ENV/bin/python --path /delay/0.2 --tuned
'gunicorn --worker-class gevent httpbin:app'`` starts the application under every command of a grid, several times as
wide as that of ``tune``, asks each with wrk for ``--window`` seconds, and the five best again, twice as long. The best
of them and the tuned command then take turns in ``--pairs`` pairs, each on a fresh server; so do the tuned command and
``--before``, if it is given. Server and wrk have the cores that stackduel gives a server and its generator.

It exits with 1 where the lower end of the interval of tuned / best is below 0.95.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script it knows its own folder only

from stackduel.analysis.statistics.intervals import interval, log_ratios
from tests.performance.asked import Asked

LEAST = 0.95
FINALISTS = 5
GRIDS = {
    "wsgi": (
        *(f"gunicorn -w {workers}" for workers in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)),
        *(
            f"gunicorn -k gthread -w {workers} --threads {threads}"
            for workers in (1, 2, 4)
            for threads in (4, 8, 16, 32, 64, 100, 200)
        ),
        *(f"gunicorn -k gevent -w {workers}" for workers in (1, 2, 3, 4)),
        *(
            f"granian --interface wsgi --workers {workers} --blocking-threads {threads}"
            for workers in (1, 2)
            for threads in (1, 4, 16, 64, 128)
        ),
        *(f"waitress-serve --threads {threads}" for threads in (4, 16, 64, 128)),
    ),
    "asgi": (
        *(f"uvicorn --no-access-log --workers {workers}" for workers in (1, 2, 3, 4)),
        *(f"hypercorn -w {workers}" for workers in (1, 2, 4)),
        *(f"gunicorn -k asgi -w {workers}" for workers in (1, 2, 4)),
        *(f"granian --interface asgi --workers {workers}" for workers in (1, 2, 4)),
    ),
}


def swept(asked: Asked, commands: Sequence[str], window_s: int) -> str:
    """Print the rate of every command, and of the best again; return the best."""
    rates = {}
    for command in commands:
        try:
            rates[command] = asked.rate_rps(command, window_s)
        except RuntimeError as error:
            print(f"| `{command}` | {error} |", flush=True)
            continue
        print(f"| `{command}` | {rates[command]:,.1f} |", flush=True)
    finalists = sorted(rates, key=rates.__getitem__, reverse=True)[:FINALISTS]
    again = {command: asked.rate_rps(command, 2 * window_s) for command in finalists}
    for command, rate_rps in again.items():
        print(f"| again: `{command}` | {rate_rps:,.1f} |", flush=True)
    return max(again, key=again.__getitem__)


def paired(asked: Asked, one: str, other: str, pairs: int, window_s: int) -> float:
    """Print the ratio of two commands' rates, measured in turn; return the lower end of its interval."""
    rates: dict[str, list[float]] = {one: [], other: []}
    for number in range(pairs):
        for command in (one, other) if number % 2 else (other, one):
            rates[command].append(asked.rate_rps(command, window_s))
    found = interval(log_ratios(rates[one], rates[other]))
    assert found is not None
    medians = " and ".join(f"{statistics.median(rates[each]):,.1f}" for each in (one, other))
    print(f"\n`{one}`\nover `{other}`:")
    print(f"{found.ratio:.3f} ({found.low:.3f}-{found.high:.3f}), {pairs} pairs, medians {medians} req/s", flush=True)
    return found.low


def main() -> None:
    """Sweep, pair, and exit with 1 where the tuned command may lose more than 5 %."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("application")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="the application's interpreter")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the servers are started")
    parser.add_argument("--interface", choices=sorted(GRIDS), default="wsgi")
    parser.add_argument("--path", default="/")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--window", type=int, default=5, help="seconds of wrk for each command of the grid")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--tuned", required=True, help="the tuned command, without its address")
    parser.add_argument("--before", help="the command before, without its address")
    chosen = parser.parse_args()
    asked = Asked.here(chosen.python, chosen.folder, chosen.path, chosen.connections)
    installed = [each for each in GRIDS[chosen.interface] if (chosen.python.parent / each.split()[0]).exists()]
    print("| command | req/s |\n|---|---:|", flush=True)
    best = swept(asked, [f"{each} {chosen.application}" for each in installed], chosen.window)
    low = paired(asked, chosen.tuned, best, chosen.pairs, 2 * chosen.window)
    if chosen.before:
        paired(asked, chosen.tuned, chosen.before, chosen.pairs, 2 * chosen.window)
    sys.exit(low < LEAST)


if __name__ == "__main__":
    main()
