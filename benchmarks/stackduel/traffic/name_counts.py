"""Counts by names that come from outside: few of them, and short ones."""

from __future__ import annotations

from collections import Counter

MOST_NAMES = 100
MOST_CHARACTERS = 40


def count_name(counter: Counter[str], name: str) -> None:
    """Count a name, or an other one if there are too many already."""
    short = name if len(name) <= MOST_CHARACTERS else f"{name[:MOST_CHARACTERS]}..."
    counter[short if short in counter or len(counter) < MOST_NAMES else "others"] += 1
