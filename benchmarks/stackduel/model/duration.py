"""Lengths of time as people write them and say them."""

from __future__ import annotations

import re

# The units from the longest to the shortest, with the words that people write for each.
_UNITS = (
    (86_400.0, "d|days?"),
    (3600.0, "h|hrs?|hours?"),
    (60.0, "m|min|mins|minutes?"),
    (1.0, "s|sec|secs|seconds?"),
    (0.001, "ms|msecs?|milliseconds?"),
)
_NUMBER = r"(\d+(?:\.\d+)?)"
_WRITTEN = re.compile(r" *".join(rf"(?:{_NUMBER} *(?:{words})(?![a-z]))?" for _, words in _UNITS))


def parse_duration(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``500ms``, ``10 min``, ``1h30m``, ``1d``; raises ValueError on anything else."""
    said = text.strip(" ").lower()
    if re.fullmatch(_NUMBER, said):
        return float(said)
    found = _WRITTEN.fullmatch(said)
    if not said or found is None:
        raise ValueError(f"{text!r} is no length of time such as 500ms, 45s, 10m, 1h30m or 1d")
    return sum(unit_s * float(part or 0) for (unit_s, _), part in zip(_UNITS, found.groups(), strict=True))


def duration(seconds: float) -> str:
    """Seconds as a person says them: 45 s, 3 min 10 s, 5 min, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _parts((whole // 60, "min"), (whole % 60, "s"))
    return _parts((whole // 3600, "h"), (whole % 3600 // 60, "min"))


def _parts(*parts: tuple[int, str]) -> str:
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
