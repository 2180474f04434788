"""The set-up of a suite or a stacks file: requests sent once after each start, and the names of what they give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.model.placeholders import NAME, placeholders_in
from stackduel.model.suite import SetupRequest, Workload
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.request_file import parse_workload

MOST_REQUESTS = 20
_POINTER = re.compile(r"(/([^/~]|~[01])*)+")


def setup_tables(fields: Fields) -> Sequence[Mapping[str, Any]]:
    """Take ``[[setup]]``, or one ``[setup]``, out of ``fields``; raises FieldError."""
    tables = fields.one_or_more("setup")
    if len(tables) > MOST_REQUESTS:
        raise FieldError(f"{fields.where}: setup: at most {MOST_REQUESTS} requests")
    return tables


def parse_setup(where: str, tables: Sequence[Mapping[str, Any]], fields: Fields) -> tuple[SetupRequest, ...] | None:
    """Read the requests of a set-up; None without any; raises FieldError."""
    requests: list[SetupRequest] = []
    for number, table in enumerate(tables, 1):
        inner = Fields(f"{where}: setup {number}", table, fields.folder)
        workload = parse_workload(inner, "status")
        if workload.model is not None:
            raise FieldError(f"{inner.where}: model: a set-up asks a path")
        if workload.stream is not None:
            raise FieldError(f"{inner.where}: stream: a set-up takes its values from whole answers")
        if workload.values is not None:
            raise FieldError(f"{inner.where}: values_file: a set-up sends each request once")
        json, header, cookie = (_names(inner, key) for key in ("json", "header", "cookie"))
        for name, pointer in json:
            if not _POINTER.fullmatch(pointer):
                raise FieldError(f"{inner.where}: json.{name}: a JSON pointer begins with /, as in /user/token")
        inner.finish()
        known = {name for each in requests for name in each.names}
        refuse_unknown(inner.where, [workload], known)
        request = SetupRequest(workload, json, header, cookie)
        for name in request.names:
            if name in known or request.names.count(name) > 1:
                raise FieldError(f"{inner.where}: {name}: is given twice")
        requests.append(request)
    return tuple(requests) or None


def refuse_unknown(where: str, workloads: Iterable[Workload], known: Iterable[str]) -> None:
    """Raise FieldError if a path or a header names a value that nothing gives."""
    gained = set(known)
    for workload in workloads:
        names = gained.union(workload.values.names if workload.values else ())
        for name in placeholders_in(workload):
            if name not in names:
                has = f"; there is {', '.join(sorted(names))}" if names else ""
                raise FieldError(f"{where}: {workload.label}: nothing gives a value for {{{name}}}{has}")


def _names(fields: Fields, key: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for name, place in fields.table(key, default={}).items():
        if not NAME.fullmatch(name):
            raise FieldError(f"{fields.where}: {key}.{shortened(name)}: letters, digits and _ only, at most 64")
        if not isinstance(place, str) or not 0 < len(place) <= 200:
            raise FieldError(f"{fields.where}: {key}.{name}: must be a text of at most 200 characters")
        pairs.append((name, place))
    return tuple(pairs)
