"""Types of options that click does not have: lengths of time, bounded numbers, lists of names, bounds of gates."""

from __future__ import annotations

from dataclasses import fields
from math import nan

import click

from stackduel.analysis.gates import Thresholds
from stackduel.model.duration import duration, parse_duration


class Duration(click.ParamType[float]):
    """A length of time in seconds, written as 45, 45s, 10m or 1h30m, between two bounds."""

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
            number = nan
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


def bounds(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Return the bounds of gates in ``NAME=VALUE``, by name."""
    known = [field.name for field in fields(Thresholds)]
    chosen = {}
    for text in values:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            raise click.BadParameter(f"{text!r}: must be NAME=VALUE, with NAME one of {', '.join(known)}")
        try:
            chosen[name] = float(value)
        except ValueError:
            raise click.BadParameter(f"{text!r}: the value must be a number") from None
        if not 0 <= chosen[name] < 1e9:
            raise click.BadParameter(f"{text!r}: the value must be a number from 0 to 1e9")
    return chosen
