"""The service levels of a scenario in a suite file."""

from __future__ import annotations

import re

from stackduel.analysis.service_levels import FIGURES, SPANS
from stackduel.analysis.slo import LONGEST_MS
from stackduel.model.errors import FieldError
from stackduel.model.service_level import ERRORS
from stackduel.model.suite import ServiceLevel
from stackduel.planning.fields import Fields

_NAME = re.compile(rf"(?:(?:{'|'.join(SPANS)})_)?(?:{'|'.join(FIGURES)})_ms")


def parse_sla(fields: Fields) -> tuple[ServiceLevel, ...]:
    """Take the table ``sla`` out of ``fields``; raises FieldError that names the wrong bound."""
    table = Fields(f"{fields.where}: sla", fields.table("sla", default={}))
    return tuple(_promise(table, name) for name in fields.table("sla", default={}))


def _promise(table: Fields, name: str) -> ServiceLevel:
    if name == ERRORS:
        return ServiceLevel(name, table.number(name, 0.0, 1.0))
    if not _NAME.fullmatch(name):
        raise FieldError(
            f"{table.where}: {name}: must be one of {', '.join(f'{each}_ms' for each in FIGURES)}, any of them after "
            f"one of {', '.join(f'{each}_' for each in SPANS)}; or {ERRORS}"
        )
    return ServiceLevel(name, table.number(name, 0.001, LONGEST_MS))
