"""A model measured alone in one process, without a server: the ceiling for every server on the same cores."""

from __future__ import annotations

import json

import numpy as np

from stackduel.model.histogram import Histogram
from stackduel.model.isolated import ISOLATED_S, IsolatedMeasurement

WARMUP_REQUESTS = 20


def command(model: str, pool: int) -> tuple[str, ...]:
    """Return the command that measures a model alone: a module of ours and its arguments."""
    return (
        "stackduel_servers.models.bench", model, "--pool", str(pool), "--seconds", f"{ISOLATED_S:g}",
        "--warmup", str(WARMUP_REQUESTS), "--json",
    )  # fmt: skip


def parse(model: str, block: int, output: str) -> IsolatedMeasurement:
    """Parse the output of that command; raises ValueError if it holds no valid result.

    The last line that begins with a brace is the document; other lines are ignored.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        content = json.loads(lines[-1])
        times_ns = np.array(content["infer_ns"], dtype=np.int64)
        measurement = IsolatedMeasurement(
            model=model,
            block=block,
            pool=int(content["pool"]),
            requests=int(content["requests"]),
            duration_s=float(content["duration_s"]),
            rate_rps=float(content["rate_rps"]),
            infer=Histogram.of(times_ns),
        )
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"measuring {model} alone gave no result: {output.strip()[-500:] or 'no output'}") from error
    if measurement.rate_rps <= 0:
        raise ValueError(f"measuring {model} alone gave a rate of {measurement.rate_rps:g}")
    return measurement
