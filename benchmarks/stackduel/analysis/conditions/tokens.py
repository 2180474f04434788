"""The words of a condition, and the error that shows where one is wrong (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stackduel.model.errors import FieldError

LONGEST = 1000
KEYWORDS = frozenset({"and", "or", "not"})

TokenKind = Literal["word", "quoted", "keyword", "operator", "mark", "end"]
_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<double>[^"]*)" | '(?P<single>[^']*)'
      | (?P<operator><=|>=|<|>)
      | (?P<mark>[(),%])
      | (?P<word>[^\s"'()<>=!,%&|]+)
      | (?P<strange>==|=|!=|!|&&|&|\|\||\||"|')
    )""",
    re.VERBOSE,
)
_EQUALITY = "two measured figures are never equal: write <= or >="
_INSTEAD = {
    "=": _EQUALITY, "==": _EQUALITY, "!=": _EQUALITY,
    "!": "write not", "&": "write and", "&&": "write and", "|": "write or", "||": "write or",
    '"': "the quote is not closed", "'": "the quote is not closed",
}  # fmt: skip


class Span(NamedTuple):
    """From which character on, and up to before which, counted from 0."""

    start: int
    end: int


class ConditionError(FieldError):
    """A condition that cannot be read or asked; the message names the column and shows it."""

    def __init__(self, text: str, span: Span, problem: str) -> None:
        # A tab is one column, and as wide as any in what is shown.
        shown = "".join(character if character.isprintable() else " " for character in text)
        caret = " " * span.start + "^" * max(1, span.end - span.start)
        super().__init__(f"--fail-on: column {span.start + 1}: {problem}\n  {shown}\n  {caret}")
        self.problem = problem
        self.span = span


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a condition, without its quotes, and where it stands."""

    kind: TokenKind
    text: str
    span: Span

    @property
    def shown(self) -> str:
        """The word as an error names it."""
        return "the end" if self.kind == "end" else f"'{self.text}'"


def tokenize(text: str) -> tuple[Token, ...]:
    """The words of a condition, the last of them its end; raises ConditionError on a character that is none's."""
    if len(text) > LONGEST:
        raise ConditionError(text[:60], Span(0, 1), f"longer than {LONGEST} characters")
    tokens = []
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise AssertionError(text[place:])
        tokens.append(_token(text, found, found.lastgroup))
        place = found.end()
    return (*tokens, Token("end", "", Span(end, end + 1)))


def _token(text: str, found: re.Match[str], group: str) -> Token:
    word = found[group]
    if group in {"double", "single"}:
        span = Span(found.start(group) - 1, found.end(group) + 1)
        if not word:
            raise ConditionError(text, span, "an empty name")
        return Token("quoted", word, span)
    span = Span(*found.span(group))
    if group == "strange":
        raise ConditionError(text, span, f"{word} is no part of a condition: {_INSTEAD[word]}")
    if group == "operator":
        return Token("operator", word, span)
    if group == "mark":
        return Token("mark", word, span)
    return Token("keyword" if word in KEYWORDS else "word", word, span)
