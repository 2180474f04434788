"""Lines of JSON: nginx's variables, Caddy's access log, and Gunicorn's atoms, by the names that they have there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackduel.traffic.logs.log_entry import (
    LogEntry,
    checked_method,
    checked_status,
    checked_target,
    parse_request_line,
)
from stackduel.traffic.logs.moments import of_number, parse_moment
from stackduel.traffic.request_target import one_a_byte
from stackduel.traffic.unread import NoRequestError

# The variables of nginx, Caddy's fields, the atoms of Gunicorn's access_log_format, and what people call them.
_LINES = ("request", "request_line", "r")
_METHODS = ("request_method", "method", "m")
_TARGETS = ("request_uri", "uri", "path", "url", "U")
_QUERIES = ("args", "query_string", "query", "q")
_STATUSES = ("status", "status_code", "s")
_MOMENTS = ("time_iso8601", "time_local", "msec", "ts", "time", "timestamp", "@timestamp", "t")


def parse_json_line(line: bytes) -> LogEntry:
    """Return the request of a line; raises NoRequestError."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NoRequestError("broken JSON") from error
    if not isinstance(entry, dict):
        raise NoRequestError("JSON, but no object")
    method, target = _request(entry)
    return LogEntry(method, target, checked_status(_first(entry, _STATUSES)), _moment(entry))


def _request(entry: Mapping[str, Any]) -> tuple[str, str]:
    inner = entry.get("request")
    if isinstance(inner, Mapping):
        return _of_parts(inner)
    if _text(entry, _METHODS) and _text(entry, _TARGETS):
        return _of_parts(entry)
    line = _text(entry, _LINES)
    if not line:
        raise NoRequestError("no request in it")
    return parse_request_line(one_a_byte(line))


def _of_parts(entry: Mapping[str, Any]) -> tuple[str, str]:
    method, target, query = _text(entry, _METHODS), _text(entry, _TARGETS), _text(entry, _QUERIES)
    if "?" not in target and query not in {"", "-"}:
        target += "?" + query.removeprefix("?")
    return checked_method(method), checked_target(one_a_byte(target))


def _moment(entry: Mapping[str, Any]) -> int | None:
    """Return the time of a line, None if it has none."""
    value = _first(entry, _MOMENTS)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return of_number(value)
    return parse_moment(value) if isinstance(value, str) and value not in {"", "-"} else None


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((entry[name] for name in names if name in entry), None)


def _text(entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first text that stands under one of these names."""
    return next((entry[name] for name in names if isinstance(entry.get(name), str) and entry[name]), "")
