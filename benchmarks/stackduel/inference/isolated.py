"""A model measured alone in one process, without a server: what no server on the same cores can exceed (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stackduel.model.histogram import Histogram, summarise
from stackduel.storage.stored_histogram import stored_histogram

# Long enough for some hundred inferences of every model of ours, and short beside a block.
SECONDS = 3.0
WARMUP_REQUESTS = 20


@dataclass(frozen=True, slots=True)
class Isolated:
    """One measurement of a model in a process of its own, ``pool`` inferences at once: once a block.

    ``infer`` holds the time of every inference.
    """

    model: str
    block: int
    pool: int
    requests: int
    duration_s: float
    rate_rps: float
    infer: Histogram


@dataclass(frozen=True, slots=True)
class NotIsolated:
    """A measurement of a model alone that came to nothing, and why; never a zero."""

    model: str
    block: int
    reason: str


Alone = Isolated | NotIsolated


def command(model: str, pool: int) -> tuple[str, ...]:
    """What measures a model alone, as a module of ours and its arguments."""
    return (
        "stackduel_servers.models.bench", model, "--pool", str(pool), "--seconds", f"{SECONDS:g}",
        "--warmup", str(WARMUP_REQUESTS), "--json",
    )  # fmt: skip


def parse(model: str, block: int, output: str) -> Isolated:
    """What that command printed; raises ValueError where it is not what it ought to be.

    Other lines may stand around the one that holds the document.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        content = json.loads(lines[-1])
        times_ns = np.array(content["infer_ns"], dtype=np.int64)
        found = Isolated(
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


def alone_to_dict(alone: Alone) -> dict[str, Any]:
    """The document of a measurement: the same keys whether it came to something or not."""
    if isinstance(alone, NotIsolated):
        return {"model": alone.model, "block": alone.block, "reason": alone.reason, **dict.fromkeys(_KEYS)}
    return {
        "model": alone.model,
        "block": alone.block,
        "reason": None,
        "pool": alone.pool,
        "requests": alone.requests,
        "duration_s": alone.duration_s,
        "rate_rps": alone.rate_rps,
        "infer_ms": asdict(summarise(alone.infer)),
        "histogram": alone.infer.encode(),
    }


_KEYS = ("pool", "requests", "duration_s", "rate_rps", "infer_ms", "histogram")


def alone_from_dict(content: Mapping[str, Any]) -> Alone:
    """The measurement of a document; raises KeyError, TypeError or ValueError where it is none."""
    if content["reason"] is not None:
        return NotIsolated(content["model"], content["block"], content["reason"])
    return Isolated(
        model=content["model"],
        block=content["block"],
        pool=content["pool"],
        requests=content["requests"],
        duration_s=content["duration_s"],
        rate_rps=content["rate_rps"],
        infer=stored_histogram(content["histogram"], content["infer_ms"]),
    )
