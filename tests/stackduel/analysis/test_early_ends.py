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


def test_the_count_at_an_earlier_moment_is_known_by_the_trail() -> None:
    """Events reached after the moment do not count; without a trail only the end is known."""
    (end,) = early_ends(f"{WORD} 17 9000000 5 4000,3000,20,0\n").values()
    assert end == EarlyEnd(9_000_000, 5, (4000, 3000, 20, 0))
    assert end.at(8_000_000) == EarlyEnd(8_000_000, 3)
    assert end.at(6_000_000) == EarlyEnd(6_000_000, 3)
    assert end.at(5_999_999) == EarlyEnd(5_999_999, 2)
    assert end.at(1) == EarlyEnd(1, 1), "the first event is older than the trail"
    assert end.at(9_000_001) is end
    bare = EarlyEnd(9_000_000, 5)
    assert bare.at(1) is bare
