"""Waitress unchanged, but SIGTERM stops it like Ctrl-C: it has no handler of its own."""

from __future__ import annotations

import signal
import sys

from waitress.runner import run  # type: ignore[import-untyped]


def main() -> int:
    """Run Waitress with the options of its own command line."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    exit_status: int = run(["waitress-serve", *sys.argv[1:]])
    return exit_status


if __name__ == "__main__":
    sys.exit(main())
