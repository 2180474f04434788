"""Servers without a solution beside an environment: remembered for a day, as each resolution takes seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

REMEMBERED_S = 86_400.0
_ENDING = ".refused.json"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why pip found no solution for what a server requires, and when that was, in seconds since 1970."""

    reason: str
    requirements: tuple[str, ...]
    refused_s: float


def refusal_file(folder: Path) -> Path:
    """Return the file of a refusal: beside the place of the layer that there is not."""
    return folder.with_name(f"{folder.name}{_ENDING}")


def has_any(layers: Path) -> bool:
    """Return whether the cache of all environments remembers a refusal."""
    return any(layers.glob(f"*/*{_ENDING}"))


def remember(folder: Path, reason: str, requirements: Sequence[str], now_s: float | None = None) -> None:
    """Remember why a server has no layer in ``folder``; raises OSError if the cache cannot be written."""
    refusal = Refusal(reason, tuple(requirements), time.time() if now_s is None else now_s)
    refusal_file(folder).write_text(json.dumps(asdict(refusal), indent=2), encoding="utf-8")


def remembered(folder: Path, requirements: Sequence[str], now_s: float | None = None) -> Refusal | None:
    """Return the refusal of these requirements; None if there is none of the last day, or it cannot be read."""
    try:
        found = json.loads(refusal_file(folder).read_text(encoding="utf-8"))
        refusal = Refusal(str(found["reason"]), tuple(found["requirements"]), float(found["refused_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    age_s = (time.time() if now_s is None else now_s) - refusal.refused_s
    return refusal if refusal.requirements == tuple(requirements) and 0 <= age_s < REMEMBERED_S else None
