"""Early ends of streams in a log."""

from __future__ import annotations

from stackduel.analysis.early_ends import EarlyEnd, early_ends
from stackduel_servers.core.streams.early_end import WORD


def test_ends_are_read_among_other_lines() -> None:
    """Each stream counts once, by its first line; what only looks like a line is none."""
    log = f"started\n{WORD} 17 1020 3\nTraceback\n{WORD} 18 1030 0\n{WORD} 17 2000 9\n"
    log += f"see {WORD} 19 1 1\n{WORD} 20 x 1\n"
    assert early_ends(log) == {17: EarlyEnd(1020, 3), 18: EarlyEnd(1030, 0)}
    assert early_ends("") == {}
