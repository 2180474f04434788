"""A figure of a table with the interval of its blocks."""

from __future__ import annotations

import math
from collections.abc import Iterable

from stackduel.analysis.conditions.metrics import MetricValue
from stackduel.analysis.statistics.intervals import interval


def bounded(point: float, blocks: Iterable[float | None]) -> MetricValue:
    """Return the value of a table with the interval of its blocks, widened to contain the value.

    Student's t on the logarithms; no interval where a block has no value above 0, or there are too few blocks.
    """
    known = list(blocks)
    logs = [math.log(each) for each in known if each is not None and each > 0]
    bounds = interval(logs) if len(logs) == len(known) else None
    return MetricValue(point) if bounds is None else MetricValue(point, min(bounds.low, point), max(bounds.high, point))
