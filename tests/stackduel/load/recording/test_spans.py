"""The times that answers told, as histograms."""

from __future__ import annotations

import numpy as np
import pytest

from stackduel.load.recording import spans as spans_module
from stackduel.load.recording.server_timing import MOST_NAMES, spans_ns
from stackduel.load.recording.spans import Spans


def test_answers_are_taken_apart_once_the_window_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a load is on they are only kept; those for which there is no room are counted at once, and none is lost."""
    taken_apart: list[bytes] = []

    def noted(timings: bytes) -> dict[str, int]:
        taken_apart.append(timings)
        return spans_ns(timings)

    monkeypatch.setattr(spans_module, "spans_ns", noted)
    monkeypatch.setattr(spans_module, "MOST_KEPT", 5)
    spans = Spans()
    spans.add([b"infer;dur=%d,=20" % number for number in range(3)], np.full(3, 25_000_000))
    assert not taken_apart
    spans.add([b"infer;dur=%d,=20" % number for number in range(3, 9)], np.full(6, 25_000_000))
    assert [timings.partition(b",")[0] for timings in taken_apart] == [
        b"infer;dur=%d" % number for number in range(5, 9)
    ]
    found = spans.histograms()
    assert {name: each.count for name, each in found.items()} == {"infer": 9, "total": 9, "outside": 9}
    assert (found["infer"].min_ns, found["infer"].max_ns) == (0, 8_000_000)
    assert found["outside"].max_ns == 5_000_000
    assert spans.histograms() == found


def test_a_server_cannot_fill_the_memory_with_names() -> None:
    """Of more names than anybody uses the first are kept."""
    spans = Spans()
    spans.add([b"n%d;dur=1" % number for number in range(2 * MOST_NAMES)], np.full(2 * MOST_NAMES, 1_000_000))
    assert list(spans.histograms()) == [f"n{number}" for number in range(MOST_NAMES)]
