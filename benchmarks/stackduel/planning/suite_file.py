"""Suites, scenarios, requests and loads from TOML files: read, checked, expanded."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.budget import DEFAULT_MEMORY_MIB, LEAST_MEMORY_MIB, MOST_MEMORY_MIB
from stackduel.model.errors import FieldError
from stackduel.model.suite import Load, OpenLoop, Scenario, Suite, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.load_file import parse_loads
from stackduel.planning.search_settings_file import parse_settings
from stackduel.planning.service_level_file import parse_sla
from stackduel.planning.workload_file import parse_model

MAX_WEIGHT = 1_000
MAX_WORKLOADS = 100
MAX_BODY_BYTES = 50 * 1024 * 1024
MAX_BLOCKS = 1_000

# The client itself sets the headers that say where a request goes and where it ends.
_CLIENTS_OWN = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def parse_suite(name: str, text: str) -> Suite:
    """Read the suite ``name`` from TOML text.

    Raises FieldError that names the field and its bound, for anything unknown, missing or out of range.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FieldError(f"suite {name}: not valid TOML: {error}") from error
    suite = _parse_fields(name, Fields(f"suite {name}", document))
    _check(suite)
    return suite


def _parse_fields(name: str, fields: Fields) -> Suite:
    victim = parse_victim(fields)
    blocks = fields.integer("blocks", 1, MAX_BLOCKS, default=1)
    suite = Suite(
        name=name,
        summary=fields.text("summary"),
        baseline=fields.text("baseline"),
        stacks=fields.texts("stacks"),
        blocks=blocks,
        scenarios=tuple(
            scenario
            for table in fields.tables("scenario")
            for scenario in parse_scenarios(f"suite {name}", table, victim)
        ),
        precision=fields.number("precision", 0.001, 1.0, default=None),
        most_blocks=fields.integer("most_blocks", blocks, MAX_BLOCKS, default=blocks),
        search=parse_settings(fields),
        shared_cores=fields.choice("shared_cores", (True, False), default=False),
        isolated=fields.choice("isolated", (True, False), default=False),
        duel=fields.texts("duel", default=()),
        memory_mib=fields.integer("memory_mib", LEAST_MEMORY_MIB, MOST_MEMORY_MIB, default=DEFAULT_MEMORY_MIB),
    )
    fields.finish()
    return suite


def _check(suite: Suite) -> None:
    """Raise FieldError if fields of a suite contradict each other."""
    if suite.duel and (len(suite.duel) != 2 or len(set(suite.duel)) != 2):
        raise FieldError(f"suite {suite.name}: duel: must be two different stacks")
    if suite.precision is not None and suite.blocks < FEWEST_BLOCKS:
        raise FieldError(f"suite {suite.name}: blocks: a pilot takes at least {FEWEST_BLOCKS}")
    if suite.precision is None and suite.most_blocks > suite.blocks:
        raise FieldError(f"suite {suite.name}: most_blocks: needs a precision that more blocks are to reach")
    if not suite.scenarios:
        raise FieldError(f"suite {suite.name}: scenario: at least one is needed")
    names = [scenario.name for scenario in suite.scenarios]
    for doubled in sorted({each for each in names if names.count(each) > 1}):
        raise FieldError(f"suite {suite.name}: scenario {doubled}: the name is used twice")


def parse_scenarios(where: str, table: Mapping[str, Any], victim: Workload | None = None) -> tuple[Scenario, ...]:
    """Read one ``[[scenario]]`` table: a scenario for each of its load's numbers of connections, or rates.

    With several, ``{connections}`` or ``{rate}`` in the name distinguishes them. ``victim`` is the suite's, for
    scenarios without their own.
    """
    name = Fields(where, table).text("name")
    fields = Fields(f"{where}: scenario {name}", table)
    fields.text("name")
    summary = fields.text("summary", default="")
    workloads = parse_mix(fields)
    victim = parse_victim(fields) if "victim" in table else victim
    loads = parse_loads(fields.table("load"), f"{fields.where}: load")
    sla = parse_sla(fields)
    fields.finish()
    scenarios = tuple(Scenario(_named(name, load), workloads, load, summary, victim, sla) for load in loads)
    if len({scenario.name for scenario in scenarios}) < len(scenarios):
        raise FieldError(f"{fields.where}: name: needs {{connections}} or {{rate}} in it to distinguish its loads")
    return scenarios


def _named(name: str, load: Load) -> str:
    rate = f"{load.rate_rps:g}" if isinstance(load, OpenLoop) else ""
    return name.replace("{connections}", str(load.connections)).replace("{rate}", rate)


def parse_victim(fields: Fields) -> Workload | None:
    """Take the path that is probed beside the load out of ``fields``; None without one."""
    target = fields.text("victim", default="")
    return Workload(_target(fields, "victim", target), check="status") if target else None


def parse_mix(fields: Fields) -> tuple[Workload, ...]:
    """Take one workload out of ``fields``, or those of its ``[[request]]`` tables, by their weights.

    The bodies of a request share its weight, scaled so that every weight stays a whole number.
    """
    tables = fields.tables("request")
    if not tables:
        return parse_bodies(fields)
    mix = []
    for number, table in enumerate(tables, 1):
        request = Fields(f"{fields.where}: request {number}", table)
        mix.append((request.integer("weight", 1, MAX_WEIGHT, default=1), parse_bodies(request)))
        request.finish()
    if sum(len(workloads) for _, workloads in mix) > MAX_WORKLOADS:
        raise FieldError(f"{fields.where}: request: at most {MAX_WORKLOADS} requests with all their bodies")
    parts = math.lcm(*(len(workloads) for _, workloads in mix))
    return tuple(
        replace(workload, weight=weight * parts // len(workloads))
        for weight, workloads in mix
        for workload in workloads
    )


def parse_bodies(fields: Fields) -> tuple[Workload, ...]:
    """Take a workload out of ``fields``, once for each of its ``bodies``."""
    bodies = fields.texts("bodies", default=())
    workload = parse_workload(fields)
    if bodies and (workload.body or workload.model):
        raise FieldError(f"{fields.where}: bodies: cannot be combined with {'model' if workload.model else 'body'}")
    return tuple(replace(workload, body=_body(fields, "bodies", body)) for body in bodies) or (workload,)


def parse_workload(fields: Fields) -> Workload:
    """Take a request to a path or to a model out of ``fields``."""
    headers = _headers(fields)
    model = parse_model(fields, headers)
    if model is not None:
        return model
    target = _target(fields, "path", fields.text("path"))
    method = fields.text("method", default="GET").upper()
    if not (method.isascii() and method.isalpha()) or method in {"CONNECT", "HEAD"}:
        raise FieldError(f"{fields.where}: method: must be letters, and not CONNECT or HEAD")
    return Workload(
        target=target,
        method=method,
        headers=headers,
        body=_body(fields, "body", fields.text("body", default="")),
        status=fields.integer("status", 200, 599, default=200),
        check=fields.choice("check", ("body", "length", "status"), default="body"),
    )


def _target(fields: Fields, name: str, target: str) -> str:
    if not target.startswith("/") or any(ord(char) <= 32 or ord(char) > 126 for char in target):
        raise FieldError(f"{fields.where}: {name}: must start with / and hold visible ASCII only")
    return target


def _body(fields: Fields, name: str, text: str) -> bytes:
    body = text.encode()
    if len(body) > MAX_BODY_BYTES:
        raise FieldError(f"{fields.where}: {name}: at most {MAX_BODY_BYTES} bytes")
    return body


def _headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    headers = []
    for name, value in fields.table("headers", default={}).items():
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise FieldError(f"{fields.where}: headers.{name}: must be printable ASCII text")
        if not (name.isascii() and name.replace("-", "").isalnum()) or name.lower() in _CLIENTS_OWN:
            raise FieldError(f"{fields.where}: headers.{name}: not a header that a workload may set")
        headers.append((name, value))
    return tuple(headers)
