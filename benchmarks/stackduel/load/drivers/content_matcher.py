"""Judges answers with unexpected bytes by what they say."""

from __future__ import annotations

from collections.abc import Callable

from stackduel.load.clock import clock
from stackduel.load.content.content import read_content
from stackduel.load.content.decoding import DecodingError
from stackduel.load.content.differences import differences
from stackduel.load.content.place_rules import rules_for
from stackduel.model.expected_content import ExpectedContent

# Reading answers takes at most this share of the time, where nothing is wrong: it delays so few that p99 stays true.
SHARE = 0.005
# After a wrong answer so many are read, one and all: a server that fails often is caught each time.
SUSPICIOUS = 100


class ContentMatcher:
    """Compares what answers say with the verified one.

    Where every answer has other bytes, reading each would cost more than sending the requests: only as many are read
    as ``SHARE`` of the time allows, and every one for a while after a wrong one.
    """

    def __init__(self, body: bytes, content: ExpectedContent, now: Callable[[], float] = clock) -> None:
        self._content = content
        self._rules = rules_for(content)
        self._right = read_content(body, content.encoding, content.media_type)
        self._now = now
        self._next_s = 0.0
        self._suspicious = 0

    def agrees(self, body: bytes) -> bool:
        """Return whether an answer says the right thing; True for one that is not read."""
        began_s = self._now()
        if not self._suspicious and began_s < self._next_s:
            return True
        right = self._says_the_same(body)
        done_s = self._now()
        self._next_s = done_s + (done_s - began_s) * (1 / SHARE - 1)
        self._suspicious = max(0, self._suspicious - 1) if right else SUSPICIOUS
        return right

    def _says_the_same(self, body: bytes) -> bool:
        try:
            found = read_content(body, self._content.encoding, self._content.media_type)
        except DecodingError:
            return False
        if found.kind != self._right.kind:
            return False
        return next(differences(found.value, self._right.value, self._rules), None) is None
