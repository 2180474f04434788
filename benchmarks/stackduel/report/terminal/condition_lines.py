"""What a user is told of conditions: a line each on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from stackduel.analysis.conditions.outcome import ConditionResult
from stackduel.report.terminal.page import message
from stackduel.storage.redaction import redact


def tell(judged: Iterable[ConditionResult], secrets: Sequence[str], console: Console, *, quiet: bool = False) -> None:
    """Print the conditions that are met or cannot be told, and unless ``quiet`` those that are open."""
    for each in judged:
        if each.word in {"met", "untold"} or (each.word == "open" and not quiet):
            message(console, redact(f"stackduel: {each.sentence}", secrets))
