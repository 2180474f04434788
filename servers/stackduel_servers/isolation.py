"""How a Python process of ours is started, so that it imports our modules and nobody else's."""

from __future__ import annotations

import sys

# Not from the working directory (-P), and not from PYTHONPATH (-E), where a user's queue.py may lie. -I would do both,
# and hide what ``pip install --user`` installed, too: that may be this package.
ISOLATED = ("-E", "-P")


def isolated_python() -> tuple[str, ...]:
    """Return the beginning of a command line: this interpreter, deaf to the folder and the environment it starts in."""
    return (sys.executable, *ISOLATED)


def own_isolation() -> tuple[str, ...]:
    """Return the options that isolate this process, if any do: a process that takes its place has them, too."""
    is_set = {"-E": sys.flags.ignore_environment, "-P": sys.flags.safe_path}
    return tuple(option for option in ISOLATED if is_set[option])
