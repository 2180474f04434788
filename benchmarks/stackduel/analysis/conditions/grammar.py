"""The grammar of conditions, read by recursive descent (pure).

    condition  = both { "or" both }
    both       = one { "and" one }
    one        = "not" one | "(" condition ")" | comparison
    comparison = side ( "<" | "<=" | ">" | ">=" ) side
    side       = NUMBER [ UNIT ] | figure
    figure     = NAME [ "." ( "low" | "point" | "high" ) ] [ "(" [ name [ "," name ] ] ")" ]
    name       = NAME | quoted

``NAME`` is anything without spaces, quotes and ``( ) < > = ! , % & |``; whatever else a name holds is quoted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import get_args

from stackduel.analysis.conditions.syntax_tree import (
    Condition,
    Figure,
    FigureComparison,
    IntervalPart,
    Joined,
    MetricUnit,
    Name,
    Not,
    Operator,
    Quantity,
    Tree,
)
from stackduel.analysis.conditions.tokens import ConditionError, Span, Token, tokenize

DEEPEST = 30
UNITS: tuple[MetricUnit, ...] = get_args(MetricUnit)
_OPERATORS: tuple[Operator, ...] = get_args(Operator)
_PARTS: tuple[IntervalPart, ...] = get_args(IntervalPart)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(\D*)", re.ASCII)


def parse(text: str) -> Condition:
    """The condition of a text; raises ConditionError, which names the column and what is expected there."""
    return Condition(text, _Reader(text, tokenize(text)).whole())


class _Reader:
    """The words of one condition, read from left to right."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._place = 0

    def whole(self) -> Tree:
        """The condition that all of the words make up."""
        tree = self._condition(0)
        if self._next.kind == "operator":
            raise self._error(self._next, "a comparison has two sides: join two comparisons by and")
        if self._next.kind != "end":
            raise self._error(self._next, f"expected and, or or the end, not {self._next.shown}")
        return tree

    def _condition(self, depth: int) -> Tree:
        if depth > DEEPEST:
            raise self._error(self._next, f"nested deeper than {DEEPEST} levels")
        parts = [self._both(depth)]
        while self._take("keyword", "or"):
            parts.append(self._both(depth))
        return Joined("or", tuple(parts)) if len(parts) > 1 else parts[0]

    def _both(self, depth: int) -> Tree:
        parts = [self._one(depth)]
        while self._take("keyword", "and"):
            parts.append(self._one(depth))
        return Joined("and", tuple(parts)) if len(parts) > 1 else parts[0]

    def _one(self, depth: int) -> Tree:
        if depth > DEEPEST:
            raise self._error(self._next, f"nested deeper than {DEEPEST} levels")
        if self._take("keyword", "not"):
            return Not(self._one(depth + 1))
        if self._take("mark", "("):
            tree = self._condition(depth + 1)
            self._expect(")", "to close the parenthesis")
            return tree
        return self._comparison()

    def _comparison(self) -> FigureComparison:
        left = self._side()
        operator = next((each for each in _OPERATORS if self._next.text == each), None)
        if self._next.kind != "operator" or operator is None:
            raise self._error(self._next, f"expected <, <=, > or >= after {left}, not {self._next.shown}")
        self._advance()
        right = self._side()
        span = Span(left.span.start, right.span.end)
        if isinstance(left, Quantity) and isinstance(right, Quantity):
            raise ConditionError(self._text, span, "compares two numbers: one side must be a figure")
        return FigureComparison(left, operator, right, span)

    def _side(self) -> Figure | Quantity:
        token = self._next
        if token.kind != "word":
            raise self._error(token, f"expected a figure such as p99(STACK), or a number, not {token.shown}")
        self._advance()
        return self._quantity(token) if token.text[0].isdigit() else self._figure(token)

    def _quantity(self, token: Token) -> Quantity:
        found = _NUMBER.fullmatch(token.text)
        value = float(found[1]) if found else math.inf
        if found is None or not math.isfinite(value):
            raise self._error(token, f"{token.shown} is no number such as 2, 0.95, 100ms or 1%")
        end, unit = token.span.end, found[2]
        if not unit and (self._next.text == "%" or (self._next.kind == "word" and self._next.text in UNITS)):
            unit, end = self._next.text, self._next.span.end
            self._advance()
        known = next((each for each in UNITS if each == unit), None)
        if known is None:
            raise self._error(token, f"{unit!r} is no unit: {', '.join(each for each in UNITS if each)}")
        return Quantity(value, known, Span(token.span.start, end))

    def _figure(self, token: Token) -> Figure:
        name, dot, wanted = token.text.partition(".")
        part = next((each for each in _PARTS if each == wanted), None)
        if dot and part is None:
            raise self._error(token, f"{token.shown}: after the dot stands {', '.join(_PARTS)}")
        names: list[Name] = []
        end = token.span.end
        if self._take("mark", "("):
            if self._next.text != ")" or self._next.kind != "mark":
                names.append(self._name())
                while self._take("mark", ","):
                    names.append(self._name())
            end = self._next.span.end
            self._expect(")", f"after the names of {name}")
        return Figure(name, part, tuple(names), Span(token.span.start, end))

    def _name(self) -> Name:
        token = self._next
        if token.kind not in {"word", "quoted"}:
            raise self._error(token, f"expected the name of a stack or scenario, not {token.shown}")
        self._advance()
        return Name(token.text, token.span)

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _advance(self) -> None:
        self._place += 1

    def _take(self, kind: str, text: str) -> bool:
        """Whether the next word is this one; it is then behind us."""
        taken = (self._next.kind, self._next.text) == (kind, text)
        self._place += taken
        return taken

    def _expect(self, mark: str, why: str) -> None:
        if not self._take("mark", mark):
            raise self._error(self._next, f"expected {mark} {why}, not {self._next.shown}")

    def _error(self, token: Token, problem: str) -> ConditionError:
        return ConditionError(self._text, token.span, problem)
