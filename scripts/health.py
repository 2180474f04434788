"""Ask a server for its health: ``python scripts/health.py URL`` prints one line, and exits with 3 if it is not well."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

WITHIN_S = 5.0


def main(url: str) -> int:
    """Ask ``URL/health``; return the exit status."""
    address = f"{url.rstrip('/')}/health"
    try:
        with urllib.request.urlopen(address, timeout=WITHIN_S) as answer:  # noqa: S310 - the user's own address
            sys.stderr.write(f"{address}: {answer.status}\n")
            return 0
    except urllib.error.HTTPError as error:
        reason = f"answers {error.code}"
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "reason", error))
    sys.stderr.write(f"{address}: {reason}\n")
    return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
