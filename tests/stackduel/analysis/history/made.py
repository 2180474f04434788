"""Runs whose truth is known, made up for tests of what changed between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from stackduel.analysis.conclusion import conclude
from stackduel.model.environment import Environment
from stackduel.model.run import Run
from stackduel.model.trial import Result
from tests.stackduel.makers import WAITING, run, trial

TIERS = {"slow": "baseline", "slow.twin": "A/A", "fast": "rewrite"}
ENVIRONMENT = msgspec.convert(
    {
        "launcher": "local",
        "processor": "A CPU",
        "python": "CPython 3.11.7",
        "libraries": {"flask": "3.1.0", "uvicorn": "0.30.0"},
        "budget": {"server": [0], "generator": [1], "downstream": [1], "memory_mib": 1024},
        "notes": ["A note."],
    },
    Environment,
)


def simulated(
    seed: int,
    *,
    fast: float = 5.0,
    host: float = 1.0,
    spread: float = 0.02,
    drift: float = 0.1,
    blocks: int = 6,
    run_id: str = "20260101-000000-quick-aaaa",
    **environment: Any,
) -> Run:
    """A run on a host ``host`` times as fast, where ``fast`` is so many times as fast as the baseline.

    What all stacks of a block share spreads by ``drift``, what a stack has for itself by ``spread``.
    """
    rng = np.random.default_rng(seed)
    results: list[Result] = []
    for block in range(1, blocks + 1):
        shared = host * np.exp(rng.normal(0, drift))
        for stack, speed in (("slow", 1.0), ("slow.twin", 1.0), ("fast", fast)):
            latency_ms = 100 / (shared * speed * np.exp(rng.normal(0, spread)))
            results.append(trial(stack, 1, block=block, latency_ms=latency_ms, metric="time"))
    made = replace(
        run(results, TIERS),
        run_id=run_id,
        environment=replace(ENVIRONMENT, **environment),
        started=f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}T00:00:00+00:00",
    )
    return conclude(replace(made, suite=made.suite.with_blocks(blocks), planned=3 * blocks))


OLD = "20260101-000000-quick-aaaa"
NEW = "20260102-000000-quick-bbbb"
__all__ = ["ENVIRONMENT", "NEW", "OLD", "TIERS", "WAITING", "simulated"]
