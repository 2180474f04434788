"""One condition, read from its text.

    condition = side ( "<" | "<=" | ">" | ">=" ) side
    side      = NUMBER [ UNIT ] | metric
    metric    = NAME [ "." ( "low" | "point" | "high" ) ] [ "(" [ name [ "," name ] ] ")" ]
    name      = NAME | quoted

``NAME`` is any text without spaces, quotes and ``( ) < > = ! , % & |``; a name that has one of these is quoted.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple, get_args

from stackduel.analysis.conditions.condition import (
    Condition,
    ConditionError,
    IntervalPart,
    MetricTerm,
    MetricUnit,
    Name,
    Operator,
    Quantity,
    Side,
    Span,
)

LONGEST = 1000
UNITS: tuple[MetricUnit, ...] = get_args(MetricUnit)
_OPERATORS: tuple[Operator, ...] = get_args(Operator)
_PARTS: tuple[IntervalPart, ...] = get_args(IntervalPart)
_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<double>[^"]*)" | '(?P<single>[^']*)'
      | (?P<operator><=|>=|<|>)
      | (?P<mark>[(),%])
      | (?P<word>[^\s"'()<>=!,%&|]+)
      | (?P<refused>==|=|!=|!|&&|&|\|\||\||"|')
    )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(\D*)", re.ASCII)
_ONE = "a condition is one comparison"
_AND = (
    f"{_ONE}, without 'and': ask for each comparison in its own stackduel report RUN --fail-on, "
    "and fail where all of them exit with 1"
)
_OR = f"{_ONE}, without 'or': repeat --fail-on for each comparison"
_NOT = f"{_ONE}, without 'not': write the opposite operator, such as >= in place of <"
_EQUALITY = "two measured values are never equal: write <= or >="
_QUOTE = "the quote is not closed"
# Words and signs of other languages, and what to write instead.
INSTEAD = {
    "and": _AND, "&": _AND, "&&": _AND, "or": _OR, "|": _OR, "||": _OR, "not": _NOT, "!": _NOT,
    "=": _EQUALITY, "==": _EQUALITY, "!=": _EQUALITY, '"': _QUOTE, "'": _QUOTE,
}  # fmt: skip


def parse(text: str) -> Condition:
    """Return the condition in ``text``; raise ConditionError, which names the column and what is expected there."""
    reader = _Reader(text)
    condition = Condition(reader.side(), reader.operator(), reader.side(), text)
    reader.end()
    if not condition.metrics:
        raise ConditionError(text, condition.span, "compares two numbers: one side must be a metric")
    return condition


class _Token(NamedTuple):
    kind: str
    text: str
    span: Span

    @property
    def shown(self) -> str:
        return "the end" if self.kind == "end" else f"'{self.text}'"


class _Reader:
    """Reads the sides of one condition from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = iter(_tokens(text))
        self._next = next(self._tokens)

    def side(self) -> Side:
        token = self._next
        if token.kind != "word":
            raise self._error("expected a metric such as p99(STACK), or a number")
        self._advance()
        return self._quantity(token) if token.text[0].isdigit() else self._metric(token)

    def operator(self) -> Operator:
        operator = next((each for each in _OPERATORS if each == self._next.text), None)
        if self._next.kind != "operator" or operator is None:
            raise self._error("expected <, <=, > or >=")
        self._advance()
        return operator

    def end(self) -> None:
        if self._next.kind == "operator":
            raise ConditionError(self._text, self._next.span, f"{_ONE} of two sides: repeat --fail-on for another")
        if self._next.kind != "end":
            raise self._error("expected the end")

    def _quantity(self, token: _Token) -> Quantity:
        number = _NUMBER.fullmatch(token.text)
        value = float(number[1]) if number else math.inf
        if number is None or not math.isfinite(value):
            raise ConditionError(self._text, token.span, f"{token.shown} is no number such as 2, 0.95, 100ms or 1%")
        end, unit = token.span.end, number[2]
        if not unit and (self._next.text == "%" or (self._next.kind == "word" and self._next.text in UNITS)):
            unit, end = self._next.text, self._next.span.end
            self._advance()
        known = next((each for each in UNITS if each == unit), None)
        if known is None:
            raise ConditionError(self._text, token.span, f"{unit!r} is no unit: {', '.join(filter(None, UNITS))}")
        return Quantity(value, known, Span(token.span.start, end))

    def _metric(self, token: _Token) -> MetricTerm:
        name, dot, wanted = token.text.partition(".")
        part = next((each for each in _PARTS if each == wanted), None)
        if dot and part is None:
            raise ConditionError(self._text, token.span, f"{token.shown}: after the dot write {', '.join(_PARTS)}")
        names: list[Name] = []
        end = token.span.end
        if self._take("("):
            if not (self._next.kind == "mark" and self._next.text == ")"):
                names.append(self._name())
                while self._take(","):
                    names.append(self._name())
            end = self._next.span.end
            if not self._take(")"):
                raise self._error(f"expected ) after the names of {name}")
        return MetricTerm(name, part, tuple(names), Span(token.span.start, end))

    def _name(self) -> Name:
        token = self._next
        if token.kind not in {"word", "quoted"}:
            problem = f"expected the name of a stack or scenario, not {token.shown}"
            raise ConditionError(self._text, token.span, problem)
        self._advance()
        return Name(token.text, token.span)

    def _take(self, mark: str) -> bool:
        """Return whether the next token is this mark, and step over it if so."""
        taken = self._next.kind == "mark" and self._next.text == mark
        if taken:
            self._advance()
        return taken

    def _advance(self) -> None:
        self._next = next(self._tokens)

    def _error(self, expected: str) -> ConditionError:
        token = self._next
        if token.kind == "keyword":
            return ConditionError(self._text, token.span, INSTEAD[token.text])
        return ConditionError(self._text, token.span, f"{expected}, not {token.shown}")


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise ConditionError(text[:60], Span(0, 1), f"longer than {LONGEST} characters")
    tokens: list[_Token] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise AssertionError(text[place:])
        tokens.append(_token(text, match, match.lastgroup))
        place = match.end()
    return [*tokens, _Token("end", "", Span(end, end + 1))]


def _token(text: str, match: re.Match[str], group: str) -> _Token:
    word, span = match[group], Span(*match.span(group))
    if group in {"double", "single"}:
        span = Span(span.start - 1, span.end + 1)
        if not word:
            raise ConditionError(text, span, "an empty name")
        return _Token("quoted", word, span)
    if group == "refused":
        problem = INSTEAD[word]
        raise ConditionError(text, span, problem if problem.startswith(_ONE) else f"{word} is no operator: {problem}")
    return _Token("keyword" if word in INSTEAD else group, word, span)
