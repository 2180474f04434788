"""Options that start a Python process so that it imports our modules and not the user's."""

from __future__ import annotations

import sys

# No imports from the working directory (-P) or from PYTHONPATH (-E), where a user's queue.py may be. -I would do both,
# but would also hide packages of ``pip install --user``, perhaps this one.
ISOLATED = ("-E", "-P")


def isolated_python() -> tuple[str, ...]:
    """Return the beginning of a command line: this interpreter, isolated from its folder and environment."""
    return (sys.executable, *ISOLATED)


def own_isolation() -> tuple[str, ...]:
    """Return the options that isolate this process, if any: a process that replaces it needs them too."""
    is_set = {"-E": sys.flags.ignore_environment, "-P": sys.flags.safe_path}
    return tuple(option for option in ISOLATED if is_set[option])
