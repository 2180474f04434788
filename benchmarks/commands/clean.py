"""``stackduel clean``: what killed runs left. Local processes end by themselves; containers are found by label."""

from __future__ import annotations

from contextlib import closing

from rich.console import Console

from benchmarks.containers import engine, ownership


def clean(console: Console) -> int:
    """Remove what no living run owns, and say what it was; returns the exit status."""
    with closing(engine.connect()) as client:
        done = ownership.clean(client)
    for line in done:
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"{len(done)} left-over{'' if len(done) == 1 else 's'} cleared")
    return 0
