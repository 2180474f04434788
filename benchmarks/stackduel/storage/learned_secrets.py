"""The secrets that a process learns while it runs, such as a token in the answer of a set-up request.

They belong to the process, not to one run: every text that it writes from then on must be free of them, whatever made
the redaction that the text passes through.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from stackduel.model.secrecy import is_trivial

_lock = threading.Lock()
_learned: tuple[str, ...] = ()


def learn(secrets: Iterable[str]) -> None:
    """Take note of texts that nobody may see; those that protect nothing, such as a number, are passed over."""
    global _learned  # noqa: PLW0603 - a process has one memory, and readers take it as one value
    with _lock:
        _learned = tuple(dict.fromkeys((*_learned, *(each for each in secrets if not is_trivial(each)))))


def learned() -> tuple[str, ...]:
    """Return all that was learned."""
    return _learned
