"""How a process ended, in words: a signal by its name."""

from __future__ import annotations

import signal

# What a shell makes of a child's signal, and a container's engine of its first process's.
SHELL_OFFSET = 128


def how_it_ended(status: int) -> str:
    """Return how a process ended, by its exit status: negative for a signal, 128 and more where a parent tells of one.

    For instance "was ended by SIGKILL", "ended with exit status 137 (SIGKILL)", "ended with exit status 3".
    """
    if status < 0:
        return f"was ended by {_name(-status) or f'signal {-status}'}"
    name = _name(status - SHELL_OFFSET)
    return f"ended with exit status {status}" + (f" ({name})" if name else "")


def _name(number: int) -> str | None:
    try:
        return signal.Signals(number).name
    except ValueError:
        return None
