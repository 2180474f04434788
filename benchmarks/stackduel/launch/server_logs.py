"""The causes that a server's log shows: another port or interface, an import that fails, the line that says why."""

from __future__ import annotations

import re
from collections import Counter

MOST_RESTARTS = 3
LISTENS = re.compile(r"(?i)\b(listen|running|serving|start|bound|bind|available)")
HOST = r"(?:\b\d+\.\d+\.\d+\.\d+|\blocalhost|\[[0-9a-fA-F:]*\]|\*|(?<![\w:]))"
PORT = re.compile(HOST + r":(\d{2,5})\b|(?i:\bport)\D{0,6}(\d{2,5})\b")
IMPORT = re.compile(r"(?:ModuleNotFoundError|ImportError|SyntaxError): .*|.*Could not import module.*")

# What Python says where a server calls an application by an interface that it does not have.
CALLED_AS_NO_WSGI = re.compile(r".*TypeError: .*missing \d required positional arguments?: .*'start_response'.*")
CALLED_AS_NO_ASGI = re.compile(r".*TypeError: .*missing \d required positional arguments?: .*'send'.*")
CALLED_BY_RSGI = re.compile(r".*'[\w.]*RSGI\w+' object .*")
INTERFACES = (
    (CALLED_AS_NO_WSGI, "a WSGI application by ASGI: Granian takes --interface wsgi, Gunicorn and Waitress serve WSGI"),
    (
        CALLED_AS_NO_ASGI,
        "an ASGI application by another interface: Granian takes --interface asgi, Gunicorn a worker class for ASGI",
    ),
    (CALLED_BY_RSGI, "the application by RSGI, Granian's default: name its own by --interface wsgi or asgi"),
)

# An exception at the beginning of a line: one known by its name, or any below a traceback.
RAISED = re.compile(r"(?:[\w.]*(?:Error|Exception|Exit)|Improperly\w+|SystemExit)\b: ?\S")
BELOW_A_TRACEBACK = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")
# A complaint; what follows from one and says nothing of its cause.
COMPLAINT = re.compile(
    r"(?i)error|exception|cannot|can't|could not|failed|no such|not found|no module|denied|in use|invalid|unrecognized"
)
CONSEQUENCE = re.compile(
    r"(?i)shutting down|app failed to load|failed to boot|exited with code|unexpected exit|exception in worker"
)


def telling_line(log: str) -> str | None:
    """Return the line of a log that says why a server failed: the last exception, else the last complaint.

    What only follows from these, such as gunicorn's "App failed to load", is taken where there is nothing else.
    """
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    raised = [line for before, line in zip(["", *lines], lines, strict=False) if _is_raised(before, line)]
    complaints = [line for line in lines if COMPLAINT.search(line) and not line.startswith(" ")]
    causes = [line for line in complaints if not CONSEQUENCE.search(line)]
    found = raised or causes or complaints
    return found[-1].strip() if found else None


def _is_raised(before: str, line: str) -> bool:
    """Return whether a line names an exception; ``before`` is the one above it."""
    below = before.startswith("  ") and BELOW_A_TRACEBACK.fullmatch(line) is not None
    return below or RAISED.match(line.lstrip()) is not None


def wrong_interface(log: str) -> str | None:
    """Return that a server calls the application by the wrong interface, and what mends it; None if it does not."""
    for pattern, told in INTERFACES:
        if found := pattern.search(log):
            return f"the server calls {told} ({found[0].strip()})"
    return None


def ports_in(log: str) -> list[int]:
    """Return the ports that a log says the server listens on, in their order."""
    lines = (line for line in log.splitlines() if LISTENS.search(line))
    found = (match[1] or match[2] for line in lines for match in PORT.finditer(line))
    return list(dict.fromkeys(port for port in map(int, found) if 0 < port <= 65_535))


def failing_import(log: str) -> str | None:
    """Return the error of a worker that is started again and again, always in vain; None if there is none."""
    errors = Counter(match[0].strip() for line in log.splitlines() if (match := IMPORT.search(line)))
    often = [error for error, count in errors.items() if count >= MOST_RESTARTS]
    return often[0] if often else None
