"""Lengths of time as people write them and say them."""

from __future__ import annotations

import re

_WRITTEN = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def parse_duration(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``10m``, ``1h30m``; raises ValueError on anything else."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    found = _WRITTEN.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no length of time such as 45s, 10m or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def duration(seconds: float) -> str:
    """Seconds as a person says them: 45 s, 3 min 10 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
