"""Types of options that click does not have: lengths of time, bounded numbers, names, bounds of gates, prices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields

import click

from stackduel.analysis.gates import Thresholds
from stackduel.model.duration import duration, parse_duration
from stackduel.model.proxy import NO_PROXY, PROXIES
from stackduel.model.similar import did_you_mean
from stackduel.planning.prices_file import HIGHEST, PRICES

MOST_INTERPRETERS = 8
GATE_LIMITS = tuple(field.name for field in fields(Thresholds))


class Duration(click.ParamType[float]):
    """A length of time in seconds, written as 45, 500ms, "45 s", 10m, 1h30m or 1d, between two bounds."""

    name = "duration"

    def __init__(self, low_s: float, high_s: float) -> None:
        self._low_s = low_s
        self._high_s = high_s

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, int | float):
            return float(value)
        try:
            seconds = parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not self._low_s <= seconds <= self._high_s:
            bounds = f"{self._low_s:g} s to {duration(self._high_s)}"
            self.fail(f"{value} is not in the range from {bounds}", param, ctx)
        return seconds


class Number(click.ParamType[float]):
    """A number between two bounds."""

    name = "number"

    def __init__(self, low: float, high: float) -> None:
        self._low = low
        self._high = high

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; a text that is none is within no bounds."""
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not self._low <= number <= self._high:
            self.fail(f"{value} is not a number from {self._low:g} to {self._high:g}", param, ctx)
        return number


def names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Return the names in ``A,B``."""
    if value is None:
        return None
    parts = tuple(name.strip() for name in value.split(",") if name.strip())
    if not parts:
        raise click.BadParameter("must name at least one stack")
    return parts


def interpreters(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Return the interpreters in ``A,B``."""
    if value is None:
        return None
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    if not 1 <= len(parts) <= MOST_INTERPRETERS:
        raise click.BadParameter(f"must name from 1 to {MOST_INTERPRETERS} interpreters")
    return parts


def proxies(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Return the labels of proxies in ``A,B``."""
    if value is None:
        return None
    labels = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    known = (NO_PROXY, *PROXIES)
    for label in labels:
        if label not in known:
            raise click.BadParameter(f"{label!r}: must be of {', '.join(known)}{did_you_mean(label, known)}")
    if not labels:
        raise click.BadParameter(f"must name at least one of {', '.join(known)}")
    return labels


def bounds(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Return the bounds of gates in ``NAME=VALUE``, by name."""
    return dict(_assigned(text, GATE_LIMITS, 1e9) for text in values)


def prices(_context: click.Context, _parameter: click.Parameter, value: str | None) -> dict[str, float] | None:
    """Return the prices in ``cpu-hour=0.04,gib-hour=0.005``, by name; None without any."""
    if value is None:
        return None
    chosen: dict[str, float] = {}
    for text in filter(None, map(str.strip, value.split(","))):
        name, price = _assigned(text, PRICES, HIGHEST)
        if name in chosen:
            raise click.BadParameter(f"{text!r}: {name.replace('_', '-')} is given twice")
        chosen[name] = price
    if not any(chosen.values()):
        raise click.BadParameter("one price at least must be above 0, as in cpu-hour=0.04,gib-hour=0.005")
    return chosen


def _assigned(text: str, known: Sequence[str], most: float) -> tuple[str, float]:
    """Return the name and the number in ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or name not in known:
        close = did_you_mean(name, known)
        raise click.BadParameter(f"{text!r}: must be NAME=VALUE, with NAME one of {', '.join(known)}{close}")
    try:
        number = float(value)
    except ValueError:
        raise click.BadParameter(f"{text!r}: the value must be a number") from None
    if not 0 <= number <= most:
        raise click.BadParameter(f"{text!r}: the value must be a number from 0 to 1e{math.log10(most):.0f}")
    return name, number
