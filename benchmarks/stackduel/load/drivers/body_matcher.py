"""The judge of a body that has other bytes than the verified one."""

from __future__ import annotations

from typing import Protocol

from stackduel.load.drivers.content_matcher import ContentMatcher
from stackduel.load.drivers.output_matcher import OutputMatcher
from stackduel.model.measurement import Expectation


class BodyMatcher(Protocol):
    """Judges bodies by more than their bytes."""

    def agrees(self, body: bytes) -> bool:
        """Return whether an answer with this body is right."""


def matcher_of(expectation: Expectation) -> BodyMatcher | None:
    """Return what compares the numbers or the content of a call's answers; None if only bytes count."""
    if expectation.numbers is not None:
        return OutputMatcher(expectation.numbers)
    if expectation.content is not None:
        return ContentMatcher(expectation.body or b"", expectation.content)
    return None
