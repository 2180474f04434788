"""Where a request's time went, reported in the headers of its answer.

``X-Process-Time`` is the whole time in the service in milliseconds. ``Server-Timing`` splits it into parts that do
not overlap: each named span (``io``), and ``app`` for the remainder.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter


class Timing:
    """The clock of one request: it starts when it is made and collects the spans as they end."""

    __slots__ = ("spans_s", "started_s")

    def __init__(self) -> None:
        self.started_s = perf_counter()
        self.spans_s: dict[str, float] = {}

    def elapsed_ms(self) -> float:
        """Return the time up to now."""
        return (perf_counter() - self.started_s) * 1000

    def headers(self) -> list[tuple[str, str]]:
        """Return the two headers with the times up to now."""
        total_ms = self.elapsed_ms()
        app_ms = max(0.0, total_ms - sum(self.spans_s.values()) * 1000)
        parts = [f"app;dur={app_ms:.3f}"]
        parts += [f"{name};dur={spent_s * 1000:.3f}" for name, spent_s in self.spans_s.items()]
        return [("X-Process-Time", f"{total_ms:.3f}"), ("Server-Timing", ", ".join(parts))]


# A context variable follows a request through threads, greenlets and tasks alike.
current_timing: ContextVar[Timing | None] = ContextVar("current_timing", default=None)


class span:  # noqa: N801  # reads as a statement: with span("io")
    """Add the time of this block to the current request's span ``name``; outside a request do nothing."""

    __slots__ = ("_name", "_started_s")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._started_s = perf_counter()

    def __exit__(self, *exception: object) -> None:
        if timing := current_timing.get():
            spent_s = timing.spans_s.get(self._name, 0.0) + perf_counter() - self._started_s
            timing.spans_s[self._name] = spent_s


def record(name: str, spent_s: float) -> None:
    """Add time that was measured elsewhere to the current request's span ``name``; outside a request do nothing."""
    if timing := current_timing.get():
        timing.spans_s[name] = timing.spans_s.get(name, 0.0) + spent_s
