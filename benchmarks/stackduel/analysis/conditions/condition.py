"""A condition as values: a comparison of a metric with a quantity or with another metric."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from stackduel.model.errors import FieldError

Operator = Literal["<", "<=", ">", ">="]
IntervalPart = Literal["low", "point", "high"]
MetricUnit = Literal["", "us", "ms", "s", "%", "x", "MiB", "GiB", "rps"]
# A name that can be written without quotes.
_PLAIN = re.compile(r"""(?!(?:and|or|not)$)[^\s"'()<>=!,%&|]+""")


class Span(NamedTuple):
    """The characters from ``start`` to before ``end``, counted from 0."""

    start: int
    end: int


_NOWHERE = Span(0, 0)


class ConditionError(FieldError):
    """A condition that cannot be read or does not fit the run; the message names the column and shows it."""

    def __init__(self, text: str, span: Span, problem: str) -> None:
        # A tab is one column, and as wide as any in the line shown.
        shown = "".join(character if character.isprintable() else " " for character in text)
        caret = " " * span.start + "^" * max(1, span.end - span.start)
        super().__init__(f"--fail-on: column {span.start + 1}: {problem}\n  {shown}\n  {caret}")
        self.problem = problem
        self.span = span


@dataclass(frozen=True, slots=True)
class Name:
    """A stack or a scenario, as the user wrote it."""

    text: str
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        if _PLAIN.fullmatch(self.text):
            return self.text
        return f"'{self.text}'" if '"' in self.text else f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class MetricTerm:
    """A metric, or one bound of its interval, of the stack and scenario in ``names``; without names, of all."""

    name: str
    part: IntervalPart | None = None
    names: tuple[Name, ...] = ()
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        names = f"({', '.join(map(str, self.names))})" if self.names else ""
        return f"{self.name}{f'.{self.part}' if self.part else ''}{names}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit."""

    value: float
    unit: MetricUnit = ""
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{format(self.value, 'f').rstrip('0').rstrip('.')}{self.unit}"


Side = MetricTerm | Quantity


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of two sides, at least one of them a metric, and its ``text`` as the user wrote it."""

    left: Side
    operator: Operator
    right: Side
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"

    @property
    def metrics(self) -> tuple[MetricTerm, ...]:
        """The sides that are metrics."""
        return tuple(side for side in (self.left, self.right) if isinstance(side, MetricTerm))

    @property
    def span(self) -> Span:
        """Where both sides stand in the text."""
        return Span(self.left.span.start, self.right.span.end)
