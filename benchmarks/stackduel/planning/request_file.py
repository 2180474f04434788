"""Requests from TOML files: of a scenario one or a mix, each with its path, method, headers, body and right answer."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from urllib.parse import quote, urlsplit

from stackduel.model.errors import FieldError
from stackduel.model.json_path import parse_json_path
from stackduel.model.suite import Check, Workload
from stackduel.planning.fields import MOST_CHARACTERS, Fields, shortened
from stackduel.planning.request_body import RequestBody, bounded, parse_body
from stackduel.planning.stream_rules import parse_stream
from stackduel.planning.values_file import check_used, parse_values
from stackduel.planning.websocket_rules import SWITCHED, parse_websocket
from stackduel.planning.workload_file import parse_model

# Of a header.
MOST_NAME = 200
MAX_WEIGHT = 1_000_000
MOST_WAIT_S = 60.0
MAX_WORKLOADS = 100

AS_A_BODY = 'write it as body, a text, with its type in headers: { Content-Type = "application/json" }'
CHECKS: tuple[Check, ...] = ("content", "body", "length", "status")
# Names of headers (RFC 9110, 5.6.2), of methods, and what a Host header may be.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_METHOD = re.compile(r"[A-Z][A-Z0-9-]{0,31}")
HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_WITHOUT_BODY = frozenset({"HEAD", "TRACE"})
# The client itself sets the headers that say where a request ends.
CLIENTS_OWN = frozenset({"content-length", "transfer-encoding", "connection"})


def parse_victim(fields: Fields) -> Workload | None:
    """Take the path that is probed beside the load out of ``fields``; None without one."""
    target = fields.text("victim", default="")
    return Workload(checked_target(f"{fields.where}: victim", target), check="status") if target else None


def parse_mix(fields: Fields, check: Check = "body") -> tuple[Workload, ...]:
    """Take one workload out of ``fields``, or those of its ``[[request]]`` tables, by their weights.

    The bodies of a request share its weight, scaled so that every weight stays a whole number.
    """
    tables = fields.tables("request")
    if not tables:
        return parse_bodies(fields, check)
    mix = []
    for number, table in enumerate(tables, 1):
        request = Fields(f"{fields.where}: request {number}", table, fields.folder)
        mix.append((request.integer("weight", 1, MAX_WEIGHT, default=1), parse_bodies(request, check)))
        request.finish()
    if sum(len(workloads) for _, workloads in mix) > MAX_WORKLOADS:
        raise FieldError(f"{fields.where}: request: at most {MAX_WORKLOADS} requests with all their bodies")
    parts = math.lcm(*(len(workloads) for _, workloads in mix))
    return tuple(
        replace(workload, weight=weight * parts // len(workloads))
        for weight, workloads in mix
        for workload in workloads
    )


def parse_bodies(fields: Fields, check: Check) -> tuple[Workload, ...]:
    """Take a workload out of ``fields``, once for each of its ``bodies``."""
    bodies = fields.texts("bodies", default=())
    refuse_other_bodies(fields)
    workload = parse_workload(fields, check)
    where = f"{fields.where}: bodies"
    return tuple(replace(workload, body=bounded(where, body.encode())) for body in bodies) or (workload,)


def refuse_other_bodies(fields: Fields) -> None:
    """Raise FieldError for what users of HTTP clients write first; in a set-up request ``json`` says what is kept."""
    fields.refuse(dict.fromkeys(("json", "data"), AS_A_BODY))


def parse_workload(fields: Fields, check: Check = "body") -> Workload:
    """Take a request to a path or to a model out of ``fields``; ``check`` is that of one that names none."""
    headers = _headers(fields)
    model = parse_model(fields, headers)
    if model is not None:
        return model
    target = checked_target(f"{fields.where}: path", fields.text("path"))
    body = parse_body(fields)
    method = _method(fields, body)
    stream, chosen = parse_stream(fields, fields.choice("check", CHECKS, default=check))
    if stream is not None and method == "HEAD":
        raise FieldError(f"{fields.where}: method: the answer to HEAD is no stream")
    websocket = parse_websocket(fields, stream, body.content)
    is_websocket = websocket is not None or stream == "websocket"
    if is_websocket and chosen == "content":
        chosen = "body"
    workload = Workload(
        target=target,
        method=method,
        headers=headers if is_websocket else _with_type(headers, body.content_type),
        body=body.content,
        status=SWITCHED if is_websocket else fields.integer("status", 200, 599, default=200),
        check=chosen,
        ignore=_ignored(fields, chosen),
        wait_s=fields.number("wait_s", 0.0, MOST_WAIT_S, default=None),
        values=parse_values(fields),
        verbatim=body.verbatim,
        stream=stream,
        websocket=websocket,
    )
    if not fields.given("bodies"):
        check_used(fields.where, workload)
    elif workload.values is not None:
        raise FieldError(f"{fields.where}: values_file: cannot be combined with bodies")
    return workload


VISIBLE = "".join(map(chr, range(33, 127)))


def is_target(text: str) -> bool:
    """Return whether a text is a path, with or without a query, that can stand in a request."""
    return text.startswith("/") and all(32 < ord(char) <= 126 for char in text)


def _ignored(fields: Fields, check: Check) -> tuple[str, ...] | None:
    """Take the places that are not compared out of ``fields``."""
    places = fields.texts("ignore", default=())
    if places and check != "content":
        raise FieldError(f'{fields.where}: ignore: only where check is "content"')
    for place in places:
        try:
            parse_json_path(place)
        except ValueError as error:
            raise FieldError(f"{fields.where}: ignore: {place}: {error} (as in $.items[*].took)") from error
    return places or None


def checked_target(where: str, target: str) -> str:
    """Return a path that a request can have; raises FieldError that says how it is to be written."""
    if "#" in target:
        raise FieldError(f"{where}: a client never sends what follows #; write %23 for the sign itself")
    if not is_target(target):
        raise FieldError(f"{where}: must start with / and hold visible ASCII only: {shortened(_written(target))}")
    return target


def _written(target: str) -> str:
    """Return a path as a client sends it: without the address, and with all else percent-encoded."""
    parts = urlsplit(target) if "://" in target else None
    path = target if parts is None else parts.path + (f"?{parts.query}" if parts.query else "")
    return quote(f"/{path.lstrip('/')}", safe=VISIBLE)


def _method(fields: Fields, body: RequestBody) -> str:
    """Take the method out of ``fields``, POST for a form; raises FieldError where it is none, or takes no body."""
    method = fields.text("method", default=body.method).upper()
    if not _METHOD.fullmatch(method) or method == "CONNECT":
        raise FieldError(f"{fields.where}: method: must be letters, digits and hyphens, and not CONNECT")
    if method in _WITHOUT_BODY and (body.content or fields.given("bodies")):
        # RFC 9110, 9.3.2 and 9.3.8.
        raise FieldError(f"{fields.where}: method: a {method} request has no body")
    return method


def _with_type(headers: tuple[tuple[str, str], ...], content_type: str | None) -> tuple[tuple[str, str], ...]:
    """Return the headers with the type of the body, unless they say it themselves."""
    if content_type is None or any(name.lower() == "content-type" for name, _ in headers):
        return headers
    return (*headers, ("Content-Type", content_type))


def _headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    headers = []
    for name, value in fields.table("headers", default={}).items():
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise FieldError(f"{fields.where}: headers.{shortened(name)}: must be printable ASCII text")
        if not _TOKEN.fullmatch(name) or name.lower() in CLIENTS_OWN:
            raise FieldError(f"{fields.where}: headers.{shortened(name)}: not a header that a workload may set")
        if name.lower() == "host" and not HOST.fullmatch(value):
            raise FieldError(f"{fields.where}: headers.{name}: must be a host name or an IP address, and maybe a port")
        if len(value) > MOST_CHARACTERS or len(name) > MOST_NAME:
            bounds = f"at most {MOST_NAME} characters, and its value {MOST_CHARACTERS}"
            raise FieldError(f"{fields.where}: headers.{shortened(name)}: {bounds}")
        headers.append((name, value))
    return tuple(headers)
