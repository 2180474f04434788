"""How a process ended, in words."""

from __future__ import annotations

import pytest

from stackduel.process.endings import how_it_ended


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended with exit status 0"),
        (3, "ended with exit status 3"),
        (-9, "was ended by SIGKILL"),
        (-11, "was ended by SIGSEGV"),
        (-250, "was ended by signal 250"),
        (137, "ended with exit status 137 (SIGKILL)"),
        (143, "ended with exit status 143 (SIGTERM)"),
        (128, "ended with exit status 128"),
        (247, "ended with exit status 247"),
    ],
)
def test_signals_have_names(status: int, words: str) -> None:
    """A signal is told by its name, whether the process itself reports it or its shell or engine does."""
    assert how_it_ended(status) == words
