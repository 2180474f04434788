"""A model measured alone in one process, without a server: what no server on the same cores can exceed."""

from __future__ import annotations

import json

import numpy as np

from stackduel.model.histogram import Histogram
from stackduel.model.isolated import ISOLATED_S, IsolatedMeasurement

WARMUP_REQUESTS = 20


def command(model: str, pool: int) -> tuple[str, ...]:
    """What measures a model alone, as a module of ours and its arguments."""
    return (
        "stackduel_servers.models.bench", model, "--pool", str(pool), "--seconds", f"{ISOLATED_S:g}",
        "--warmup", str(WARMUP_REQUESTS), "--json",
    )  # fmt: skip


def parse(model: str, block: int, output: str) -> IsolatedMeasurement:
    """What that command printed; raises ValueError where it is not what it ought to be.

    Other lines may stand around the one that holds the document.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        content = json.loads(lines[-1])
        times_ns = np.array(content["infer_ns"], dtype=np.int64)
        found = IsolatedMeasurement(
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
    if found.rate_rps <= 0:
        raise ValueError(f"measuring {model} alone gave a rate of {found.rate_rps:g}")
    return found
