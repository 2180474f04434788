r"""Lines in the common and the combined log format of Apache and nginx, which is Gunicorn's own, too.

Everything before the time (host, user, what a container or a journal puts there) and behind the status is passed over:
what is not read cannot be kept.
"""

from __future__ import annotations

import re

from stackduel.traffic.logs.log_entry import LogEntry, checked_status, parse_request_line
from stackduel.traffic.logs.moments import parse_moment
from stackduel.traffic.unread import NoRequestError

_LINE = re.compile(r'\[(?P<time>[^\[\]"]{10,40})\] "(?P<request>(?:[^"\\]|\\.)*+)" (?P<status>\S{1,20})(?= |$)')
# nginx and Apache write other bytes as \x22, Apache and Gunicorn quotes as \".
_ESCAPE = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\]))')


def parse_combined(line: bytes) -> LogEntry:
    """Return the request of a line; raises NoRequestError."""
    # One character a byte: what a client sent beyond ASCII is percent-encoded byte by byte.
    found = _LINE.search(line.decode("latin-1"))
    if found is None:
        raise NoRequestError("not a line of a known format")
    request = found["request"]
    if "\\" in request:
        request = _ESCAPE.sub(_unescaped, request)
    method, target = parse_request_line(request)
    return LogEntry(method, target, checked_status(found["status"]), parse_moment(found["time"]))


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]
