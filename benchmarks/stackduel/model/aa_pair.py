"""The A/A pair, the baseline twice in every block: how large a difference this host shows between two equal servers."""

from __future__ import annotations

TWIN_TIER = "A/A"
_SUFFIX = ".twin"


def twin_of(baseline: str) -> str:
    """Return the name of the baseline's twin."""
    return baseline + _SUFFIX


def is_twin(name: str) -> bool:
    """Return whether a stack of this name is a twin; no other may have such a name."""
    return name.endswith(_SUFFIX)


def original_of(name: str) -> str:
    """Return which stack a name means: a twin is its baseline."""
    return name.removesuffix(_SUFFIX)
