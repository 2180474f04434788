"""The user's own stacks and requests, from a TOML file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from stackduel.model.aa_pair import is_twin
from stackduel.model.errors import FieldError
from stackduel.model.prices import Prices
from stackduel.model.stack import OwnCompanion, Stack
from stackduel.model.suite import DatabaseName, Load, SetupRequest, Workload
from stackduel.planning.command_line import parse_words
from stackduel.planning.command_places import OF_A_RESET, refuse_misspelt_places
from stackduel.planning.companions_file import parse_companions, with_companions
from stackduel.planning.database_file import parse_database
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.load_file import parse_loads
from stackduel.planning.own_secrets import OwnSecrets
from stackduel.planning.own_stack import parse_stack
from stackduel.planning.prices_file import parse_prices
from stackduel.planning.request_file import parse_workload, refuse_other_bodies
from stackduel.planning.setup_file import parse_setup, refuse_unknown, setup_tables
from stackduel.planning.suites_by_name import suite_names
from stackduel.planning.thresholds_file import ThresholdTable, parse_thresholds
from stackduel.planning.toml_file import folder_of, read_toml

MOST_NAME = 64
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Of a request: the tables in whose values ${NAME} is filled in.
EXPANDED = ("headers", "form")
DEFAULT_LOAD = {"connections": [1, 16, 64], "duration_s": 3.0, "warmup_s": 1.0, "warmup_rounds": 1}


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The content of a user's stacks file: stacks, named requests, their loads, and the texts from the environment.

    ``name`` is that of the suite that its requests make, ``where`` that of the file in error messages. ``reset`` is a
    command that is run in ``folder`` before each start of a stack. ``thresholds`` are bounds of its requests that fail
    the run, ``prices`` those of CPU time and memory. ``setup``
    is sent once after each start. ``database`` is what the stacks need beside them.
    """

    stacks: Mapping[str, Stack]
    requests: Mapping[str, Workload]
    loads: tuple[Load, ...]
    secrets: tuple[str, ...]
    name: str = "own"
    where: str = "stacks file"
    reset: tuple[str, ...] = ()
    folder: Path = Path()
    thresholds: ThresholdTable | None = None
    prices: Prices | None = None
    setup: tuple[SetupRequest, ...] | None = None
    database: DatabaseName | None = None


def read_own_file(path: Path, environ: Mapping[str, str] = os.environ) -> OwnFile:
    """Read a ``--stacks-file``; ``${NAME}`` in header values and ``env`` is taken from the environment.

    Raises FieldError that names the field and its bound.
    """
    document = read_toml("stacks file", path)
    return parse_own_file(path.name, document, folder_of(path), environ)


def parse_own_file(where: str, document: Mapping[str, Any], folder: Path, environ: Mapping[str, str]) -> OwnFile:
    """Check the content of a stacks file; commands run in ``folder``."""
    secrets = OwnSecrets(environ)
    fields = Fields(where, document, folder)
    name = fields.text("name", default="") or _name_of(where)
    if not NAME.fullmatch(name) or (fields.given("name") and name in suite_names()):
        raise FieldError(f"{where}: name: letters, digits, '.', '_' and '-' only, at most 64, and no suite of ours")
    setup = _parse_setup(where, fields, secrets)
    own = OwnFile(
        stacks=_parse_stacks(where, fields, folder, secrets, parse_companions(fields, folder, secrets)),
        requests=_parse_requests(where, fields, secrets),
        setup=setup,
        loads=parse_loads(fields.table("load", default=DEFAULT_LOAD), f"{where}: load"),
        secrets=tuple(sorted(secrets.seen)),
        name=name,
        where=where,
        reset=_parse_reset(where, document, fields),
        folder=folder,
        thresholds=parse_thresholds(fields),
        prices=parse_prices(fields),
        database=parse_database(fields),
    )
    fields.finish()
    if setup:
        refuse_unknown(where, own.requests.values(), (name for each in setup for name in each.names))
    return own


def _parse_setup(where: str, fields: Fields, secrets: OwnSecrets) -> tuple[SetupRequest, ...] | None:
    tables = [
        {**table, **_expanded(f"{where}: setup {number}", table, secrets), **_expanded_body(where, table, secrets)}
        for number, table in enumerate(setup_tables(fields), 1)
    ]
    return parse_setup(where, tables, fields)


def _expanded_body(where: str, table: Mapping[str, Any], secrets: OwnSecrets) -> Mapping[str, Any]:
    """Return the text of a set-up's body with the variables in it filled in, as a password may stand there."""
    body = table.get("body")
    return {"body": secrets.expand(f"{where}: setup: body", body)} if isinstance(body, str) else {}


def _name_of(where: str) -> str:
    """Return the name of the file's suite: the file's own without its ending, as far as a name may be so.

    What comes through a pipe has none.
    """
    if PurePath(where).suffix != ".toml":
        return "own"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", PurePath(where).stem).strip("-._")[:MOST_NAME]
    return f"own-{name}"[:MOST_NAME] if name in suite_names() else name or "own"


def _parse_stacks(
    where: str, fields: Fields, folder: Path, secrets: OwnSecrets, companions: Mapping[str, OwnCompanion]
) -> dict[str, Stack]:
    stacks = {}
    for name, table in fields.table("stacks", default={}).items():
        if is_twin(name):
            raise FieldError(f"{where}: stacks.{name}: this ending is for the baseline's twin")
        if not NAME.fullmatch(name):
            raise FieldError(f"{where}: stacks.{shortened(name)}: letters, digits, '.', '_' and '-' only, at most 64")
        if not isinstance(table, Mapping):
            raise FieldError(f"{where}: stacks.{name}: must be a table")
        named = Fields(f"{where}: stacks.{name}", table).texts("companions") if "companions" in table else None
        rest = {key: value for key, value in table.items() if key != "companions"}
        stack = parse_stack(f"{where}: stacks.{name}", name, rest, folder, secrets)
        stacks[name] = with_companions(f"{where}: stacks.{name}", stack, named, companions)
    return stacks


def _parse_requests(where: str, fields: Fields, secrets: OwnSecrets) -> dict[str, Workload]:
    requests: dict[str, Workload] = {}
    for number, table in enumerate(fields.tables("requests"), 1):
        numbered = f"{where}: [[requests]] number {number}"
        name = Fields(numbered, table).text("name")
        if not NAME.fullmatch(name) or name in requests:
            raise FieldError(f"{numbered}: name: {shortened(name)!r} must be a plain name, given once")
        requests[name] = _parse_request(f"{where}: requests.{name}", table, fields.folder, secrets)
    return requests


def _parse_request(where: str, table: Mapping[str, Any], folder: Path, secrets: OwnSecrets) -> Workload:
    fields = Fields(where, {**table, **_expanded(where, table, secrets)}, folder)
    fields.text("name")
    refuse_other_bodies(fields)
    workload = parse_workload(fields, "content")
    fields.finish()
    return workload


def _expanded(where: str, table: Mapping[str, Any], secrets: OwnSecrets) -> Mapping[str, Any]:
    """Return the headers and the form of a request with the variables in their values filled in."""
    return {
        key: {name: _filled(f"{where}: {key}.{name}", value, secrets) for name, value in inner.items()}
        for key in EXPANDED
        if isinstance(inner := table.get(key), Mapping)
    }


def _parse_reset(where: str, document: Mapping[str, Any], fields: Fields) -> tuple[str, ...]:
    words = parse_words(where, "reset", document, fields)
    refuse_misspelt_places(f"{where}: reset", words, OF_A_RESET)
    return words


def _filled(where: str, value: Any, secrets: OwnSecrets) -> Any:
    if isinstance(value, list):
        return [_filled(where, each, secrets) for each in value]
    return secrets.expand(where, value) if isinstance(value, str) else value
