"""An insight, and how one that holds in several scenarios becomes one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# So many scenarios are named one by one.
MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Insight:
    """A conclusion from some rows of a table, and the names of these rows.

    An insight of several scenarios is shown as its ``claim`` once, with the ``figures`` of each; without a claim the
    sentence is the same in all of them.
    """

    rows: tuple[str, ...]
    sentence: str
    claim: str = ""
    figures: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} ({', '.join(self.rows)})"


def merged(of_scenarios: Iterable[tuple[str, Insight]], scenarios: int) -> Iterator[str]:
    """Yield insights as sentences; one that holds in several scenarios is one sentence with the figures of each."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, Insight]]] = {}
    for scenario, insight in of_scenarios:
        groups.setdefault((insight.claim or insight.sentence, insight.rows), []).append((scenario, insight))
    for (claim, rows), group in groups.items():
        if scenarios == 1:
            yield str(group[0][1])
        elif not group[0][1].figures:
            where = "every scenario" if len(group) == scenarios else _some([scenario for scenario, _ in group])
            yield f"{claim} ({', '.join(rows)}; {where})"
        else:
            figures = _some([f"in {scenario} {insight.figures}" for scenario, insight in group], "; ")
            yield f"{claim}. I{figures[1:]} ({', '.join(rows)})"


def _some(texts: list[str], between: str = ", ") -> str:
    """Return the first of them, and how many more there are."""
    shown, others = texts[:MOST_NAMED], len(texts) - MOST_NAMED
    return between.join([*shown, f"and {others} more"] if others > 1 else texts)
