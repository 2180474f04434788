"""The results of conditions, one line each on standard error."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.report.terminal.page import message
from stackduel.storage.redaction import Redaction


def print_conditions(
    results: Iterable[ConditionResult], redaction: Redaction, console: Console, *, quiet: bool = False
) -> None:
    """Print the conditions that are met or unknown, and unless ``quiet`` those that are undecided."""
    for each in results:
        if each.state in {"met", "unknown"} or (each.state == "undecided" and not quiet):
            message(console, redaction.text(f"stackduel: {each.sentence}"))
