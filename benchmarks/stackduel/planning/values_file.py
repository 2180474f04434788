"""Values of requests from a CSV file: a row each, under the names of its columns."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.placeholders import NAME, uses_any
from stackduel.model.search_settings import ColdStartSettings
from stackduel.model.suite import Suite, Workload
from stackduel.model.value_rows import ValueRows
from stackduel.planning.fields import MOST_CHARACTERS, Fields, shortened
from stackduel.planning.limited_file import read_limited
from stackduel.planning.toml_file import decode

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_ROWS = 1_000_000
MOST_COLUMNS = 100
# Each is verified on every stack before it is loaded, and kept by the generator with its right answer.
MOST_USED = 500


def parse_values(fields: Fields) -> ValueRows | None:
    """Take ``values_file`` out of ``fields``; None without one; raises FieldError."""
    path = fields.text("values_file", default="")
    return read_values(f"{fields.where}: values_file", fields.folder / path) if path else None


def read_values(where: str, path: Path) -> ValueRows:
    """Return the rows of a CSV file, whose first line names its columns; raises FieldError that names the line."""
    content = read_limited(where, path, MAX_FILE_BYTES)
    try:
        lines = [row for row in csv.reader(io.StringIO(decode(where, content), newline="")) if row]
    except csv.Error as error:
        raise FieldError(f"{where}: {path.name} is no CSV: {error}") from error
    names = tuple(name.strip() for name in lines[0]) if lines else ()
    _check_names(f"{where}: {path.name}", names)
    rows = tuple(map(tuple, lines[1:]))
    _check_rows(f"{where}: {path.name}", names, rows)
    return ValueRows(path.name, names, len(rows), rows)


def with_rows_drawn(suite: Suite, seed: int) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite with the rows that a run of this seed uses, in the order of the file, and notes on them."""
    notes: dict[str, None] = {}

    def drawn(workload: Workload) -> Workload:
        values = workload.values
        if values is None or len(values.rows) <= MOST_USED:
            return workload
        numbers = sorted(random.Random(f"{seed} {values.file}").sample(range(len(values.rows)), MOST_USED))  # noqa: S311
        notes[f"{values.file}: {MOST_USED} of its {values.count:,} rows are used, drawn by the seed."] = None
        return replace(workload, values=replace(values, rows=tuple(values.rows[number] for number in numbers)))

    scenarios = tuple(replace(each, workloads=tuple(map(drawn, each.workloads))) for each in suite.scenarios)
    return replace(suite, scenarios=scenarios), tuple(notes)


def refuse_cold_values(suite: Suite) -> None:
    """Raise FieldError if a cold start's request needs a value: it is the first that a server gets."""
    if not isinstance(suite.search, ColdStartSettings):
        return
    gained = {name for each in suite.setup or () for name in each.names}
    for scenario in suite.scenarios:
        first = scenario.workloads[0]
        if first.values is not None or uses_any(first, gained):
            raise FieldError(f"suite {suite.name}: scenario {scenario.name}: a cold start's request can have no values")


def check_used(where: str, workload: Workload) -> None:
    """Raise FieldError if a request has rows and uses none of their columns."""
    values = workload.values
    if values is not None and not uses_any(replace(workload, values=None), values.names):
        named = ", ".join(f"{{{name}}}" for name in values.names)
        raise FieldError(f"{where}: values_file: neither path nor headers nor body has one of {named}")


def _check_names(where: str, names: tuple[str, ...]) -> None:
    if not names or len(names) > MOST_COLUMNS:
        raise FieldError(f"{where}: its first line must name 1 to {MOST_COLUMNS} columns")
    for name in names:
        if not NAME.fullmatch(name):
            told = shortened(name)
            raise FieldError(f"{where}: line 1: {told!r}: a column's name has letters, digits and _ only, at most 64")
        if names.count(name) > 1:
            raise FieldError(f"{where}: line 1: {name} is there twice")


def _check_rows(where: str, names: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
    if not 0 < len(rows) <= MAX_ROWS:
        raise FieldError(f"{where}: needs 1 to {MAX_ROWS} rows below the names of its columns")
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise FieldError(f"{where}: row {number} has {len(row)} values, where there are {len(names)} columns")
        if not all(len(value) <= MOST_CHARACTERS and (not value or value.isprintable()) for value in row):
            raise FieldError(
                f"{where}: row {number}: a value has at most {MOST_CHARACTERS} characters, and all can be seen"
            )
