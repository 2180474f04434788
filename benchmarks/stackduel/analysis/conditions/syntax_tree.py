"""What a condition is once it was read: comparisons of figures, joined by and, or and not (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from stackduel.analysis.conditions.tokens import KEYWORDS, Span

Operator = Literal["<", "<=", ">", ">="]
IntervalPart = Literal["low", "point", "high"]
MetricUnit = Literal["", "ms", "s", "%", "x", "MiB", "GiB", "rps"]

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Name:
    """A stack or a scenario, as it was written."""

    text: str
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        plain = self.text not in KEYWORDS and not set(self.text) & set("\"'()<>=!,%&| \t\n\r\f\v")
        if plain and not any(character.isspace() for character in self.text):
            return self.text
        return f"'{self.text}'" if '"' in self.text else f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure, or one bound of its interval, of what ``names`` name; of all, where they name none."""

    name: str
    part: IntervalPart | None = None
    names: tuple[Name, ...] = ()
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        part = f".{self.part}" if self.part else ""
        names = f"({', '.join(map(str, self.names))})" if self.names else ""
        return f"{self.name}{part}{names}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit."""

    value: float
    unit: MetricUnit = ""
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{format(self.value, 'f').rstrip('0').rstrip('.')}{self.unit}"


@dataclass(frozen=True, slots=True)
class FigureComparison:
    """Two sides, at least one of them a figure."""

    left: Figure | Quantity
    operator: Operator
    right: Figure | Quantity
    span: Span = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    what: Tree

    def __str__(self) -> str:
        return f"not ({self.what})"


@dataclass(frozen=True, slots=True)
class Joined:
    """All of several (``and``), or at least one of them (``or``)."""

    word: Literal["and", "or"]
    parts: tuple[Tree, ...]

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({part})" if isinstance(part, Joined) else str(part) for part in self.parts)


Tree = FigureComparison | Not | Joined


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as the user wrote it, and what it says."""

    text: str
    tree: Tree
