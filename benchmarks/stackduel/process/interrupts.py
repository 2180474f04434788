"""Ctrl-C, SIGTERM and a closed terminal end a run in the same way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def as_keyboard_interrupt() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt inside the block, so that every context manager closes."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def go_on_interrupting(error: BaseException) -> None:
    """Raise KeyboardInterrupt if this error came up while one was on its way out: tidying up may fail, too."""
    if was_interrupted(error):
        raise KeyboardInterrupt from error


def was_interrupted(error: BaseException) -> bool:
    """Return whether an error came up while a KeyboardInterrupt was on its way out."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__context__
    return cause is not None


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
