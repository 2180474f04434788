"""Access logs of our making, whose weights, rate and burstiness are known."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import numpy as np

from stackduel.load.schedule.arrivals import arrivals_s
from stackduel.model.suite import ArrivalProcess, OpenLoop

BEGIN_S = 1_790_000_000
CALM_S, BUSY_S = 600, 900


def combined(moment_s: float, request: str = "GET / HTTP/1.1", status: int | str = 200) -> str:
    """A line of the combined format."""
    at = f"{datetime.fromtimestamp(moment_s, UTC):%d/%b/%Y:%H:%M:%S +0000}"
    return f'203.0.113.7 - alice [{at}] "{request}" {status} 5316 "https://shop.example/?sid=f00" "Mozilla/5.0 (X11)"'


def moments(rate_rps: float, arrivals: ArrivalProcess = "poisson", burstiness: float | None = None) -> list[float]:
    """Moments of a log with a calm quarter of the rate on either side of a busy time."""
    calm = OpenLoop(rate_rps / 4, CALM_S, "poisson")
    busy = OpenLoop(rate_rps, BUSY_S, arrivals, burstiness=burstiness)
    parts = [(BEGIN_S, calm), (BEGIN_S + CALM_S, busy), (BEGIN_S + CALM_S + BUSY_S, calm)]
    drawn = [begin + arrivals_s(load, 0, 1, seed) for seed, (begin, load) in enumerate(parts)]
    return [float(moment_s) for moment_s in np.concatenate(drawn)]


def requests(weights: Mapping[str, float], count: int, seed: int = 0) -> Iterable[str]:
    """Targets drawn by weight; ``{int}``, ``{uuid}`` and ``{slug}`` in them are drawn from many values."""
    draw = random.Random(seed)
    for target in draw.choices(list(weights), list(weights.values()), k=count):
        yield (
            target.replace("{int}", str(draw.randrange(10_000)))
            .replace("{uuid}", f"{draw.getrandbits(128):032x}")
            .replace("{slug}", "-".join(draw.choices(["oak", "ash", "elm", "fir", "yew"], k=4)))
        )
