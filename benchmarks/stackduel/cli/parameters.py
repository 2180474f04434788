"""What the command line takes besides texts and numbers: lengths of time, lists of names, bounds of gates."""

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
        """Seconds."""
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
        """The number; what is none is within no bounds."""
        try:
            found = float(str(value))
        except ValueError:
            found = nan
        if not self._low <= found <= self._high:
            self.fail(f"{value} is not a number from {self._low:g} to {self._high:g}", param, ctx)
        return found


def names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """``A,B`` as the names in it."""
    if value is None:
        return None
    found = tuple(name.strip() for name in value.split(",") if name.strip())
    if not found:
        raise click.BadParameter("must name at least one stack")
    return found


def bounds(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """``NAME=VALUE`` for bounds of gates, as a mapping."""
    known = [field.name for field in fields(Thresholds)]
    found = {}
    for text in values:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            raise click.BadParameter(f"{text!r}: must be NAME=VALUE, with NAME one of {', '.join(known)}")
        try:
            found[name] = float(value)
        except ValueError:
            raise click.BadParameter(f"{text!r}: the value must be a number") from None
        if not 0 <= found[name] < 1e9:
            raise click.BadParameter(f"{text!r}: the value must be a number from 0 to 1e9")
    return found
