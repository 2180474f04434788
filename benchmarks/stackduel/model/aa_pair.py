"""The A/A pair: the baseline twice in every block, which tells what this host makes of no difference."""

from __future__ import annotations

TWIN_TIER = "A/A"
_SUFFIX = ".twin"


def twin_of(baseline: str) -> str:
    """What the baseline's twin is called."""
    return baseline + _SUFFIX


def is_twin(name: str) -> bool:
    """Whether a stack of this name is a twin; no other may have such a name."""
    return name.endswith(_SUFFIX)


def original_of(name: str) -> str:
    """Which stack a name means: a twin is its baseline."""
    return name.removesuffix(_SUFFIX)
