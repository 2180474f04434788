"""Texts, documents and suites without the user's secrets.

Whatever comes from a server (an answer, a log, an error with a part of either) passes through ``Redaction.text`` where
it enters, before it is cut; so it is safe on every way out. Documents are redacted once more when they are written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from stackduel.model.secrecy import SHORTEST, is_secret_header, places, secret_spans
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Scenario, Suite, Workload
from stackduel.storage.learned_secrets import learned
from stackduel.storage.vocabulary import vocabulary

REDACTED = "[redacted]"
# A run is saved after each trial: longer bodies of requests are not in it.
MOST_BODY_BYTES = 64 * 1024
# What is so long and mixed cannot be a part of another word by chance.
_UNMISTAKABLE = re.compile(r"(?=.*\d)(?=.*[^\d]).{8,}|.{16,}", re.DOTALL)
# A colour, or a line break in a quoted text, ends in a letter that belongs to no word.
_NO_WORD = re.compile(r"\x1b\[[\d;]{0,8}m|\\[nrt]")
# Under these keys stand encoded bytes.
_ENCODED = re.compile(r"(?:.*_)?histograms?|body")


@dataclass(frozen=True, slots=True)
class Redaction:
    """Hides known secrets, those learned since, and those that a text itself shows. ``names`` are never touched."""

    spellings: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, secrets: Iterable[str], names: Iterable[str] = ()) -> Redaction:
        """Return what hides these secrets, unless one is a word of ours or a name: those stand everywhere."""
        allowed = frozenset(names)
        return cls(_hidden(secrets, allowed), allowed)

    @property
    def longest(self) -> int:
        """How long the longest secret is."""
        return max(map(len, (*self.spellings, *_spellings_learned(learned(), self.names))), default=0)

    def text(self, text: str) -> str:
        """Return a text with every secret in it replaced: whole, or between the bounds of words."""
        made, behind = [], 0
        for start, end in self.spans(text):
            if end > behind:
                made += [text[behind:start], REDACTED] if start >= behind else []
                behind = end
        return "".join([*made, text[behind:]]) if made else text

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the secrets of a text are, in order."""
        known = (
            (at, at + len(secret))
            for secret in (*self.spellings, *_spellings_learned(learned(), self.names))
            for at in places(text, secret)
            if _UNMISTAKABLE.fullmatch(secret) or _stands_alone(text, at, at + len(secret))
        )
        return sorted({*secret_spans(text), *known})

    def start(self, text: str, most: int) -> str:
        """Return at most so many characters of a text, redacted before it is cut."""
        # What stands far behind the cut cannot be seen, and looking for it would take time.
        shown = self.text(text[: most + max(4096, 2 * self.longest)])
        return shown if len(shown) <= most else f"{shown[:most]} ..."

    def document(self, value: Any) -> Any:
        """Return a document with the secrets in its texts replaced; keys, names and words of ours stay."""
        if isinstance(value, str):
            known = value in self.names or value.partition("@")[0] in self.names or value.lower() in vocabulary()
            return value if known else self.text(value)
        if isinstance(value, Mapping):
            return {key: each if _ENCODED.fullmatch(str(key)) else self.document(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.document(each) for each in value]
        return value

    def suite(self, suite: Suite) -> Suite:
        """Return the suite without the values of secret headers, and without secrets in paths and bodies."""
        return _public(self, suite)

    def facts(self, facts: StackFacts) -> StackFacts:
        """Return the facts of a stack without secrets in its command, its address and its summary."""
        return replace(
            facts,
            summary=self.text(facts.summary),
            command=None if facts.command is None else self.words(facts.command),
            url=None if facts.url is None else self.text(facts.url),
        )

    def words(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return the words of a command without secrets."""
        return tuple(map(self.text, words))

    def workload(self, workload: Workload) -> Workload:
        """Return a request without secrets in its headers, its path and its body."""
        headers = (
            (name, REDACTED if is_secret_header(name, value) else self.text(value)) for name, value in workload.headers
        )
        return replace(
            workload,
            headers=tuple(headers),
            target=self.text(workload.target),
            body=self._body(workload.body),
            # All of them: rows may be people's.
            values=workload.values and replace(workload.values, rows=()),
        )

    def _body(self, body: bytes) -> bytes:
        """Return a body without secrets; of an upload what tells it from another."""
        if len(body) > MOST_BODY_BYTES:
            return f"[{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}]".encode()
        return self.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


NO_SECRETS = Redaction()


@lru_cache(maxsize=4)
def _public(redaction: Redaction, suite: Suite) -> Suite:
    # Kept, as a run is saved after every trial, and the bodies of its requests may be large.
    scenarios = tuple(_scenario(redaction, each) for each in suite.scenarios)
    setup = suite.setup and tuple(replace(each, workload=redaction.workload(each.workload)) for each in suite.setup)
    return replace(suite, summary=redaction.text(suite.summary), scenarios=scenarios, setup=setup)


def _scenario(redaction: Redaction, scenario: Scenario) -> Scenario:
    victim = redaction.workload(scenario.victim) if scenario.victim else None
    workloads, summary = tuple(map(redaction.workload, scenario.workloads)), redaction.text(scenario.summary)
    return replace(scenario, workloads=workloads, victim=victim, summary=summary)


def _hidden(secrets: Iterable[str], names: frozenset[str]) -> tuple[str, ...]:
    """Return the spellings of the secrets, without those that are words of ours or names."""
    ours = vocabulary() | {name.lower() for name in names}
    hidden = {each for each in secrets if len(each) >= SHORTEST and each.lower() not in ours}
    return tuple(sorted({way for each in hidden for way in _spellings(each)}))


@lru_cache(maxsize=8)
def _spellings_learned(secrets: tuple[str, ...], names: frozenset[str]) -> tuple[str, ...]:
    return _hidden(secrets, names) if secrets else ()


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it is, as a URL holds it, and within JSON and Python's quotes."""
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether what stands there is no part of a longer word."""
    if _is_word(text[end - 1]) and _is_word(text[end : end + 1]):
        return False
    before = text[max(0, start - 12) : start]
    return not (_is_word(text[start]) and _is_word(before[-1:])) or _ends_with_no_word(before)


def _ends_with_no_word(text: str) -> bool:
    return any(match.end() == len(text) for match in _NO_WORD.finditer(text))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
