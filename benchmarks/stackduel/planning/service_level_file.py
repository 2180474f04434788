"""The service levels of a scenario in a suite file."""

from __future__ import annotations

import re

from stackduel.analysis.service_levels import FIGURES, OF_STREAMS, SPANS
from stackduel.analysis.slo import LONGEST_MS
from stackduel.model.budget import MOST_MEMORY_MIB
from stackduel.model.errors import FieldError
from stackduel.model.service_level import ERRORS, GROWTH, RATE
from stackduel.model.suite import ServiceLevel
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.load_file import MAX_RATE_RPS

PARTS = (*SPANS, *OF_STREAMS)
_NAME = re.compile(rf"(?:(?:{'|'.join(PARTS)})_)?(?:{'|'.join(FIGURES)})_ms")


def parse_sla(fields: Fields) -> tuple[ServiceLevel, ...]:
    """Take the table ``sla`` out of ``fields``; raises FieldError that names the wrong bound."""
    table = Fields(f"{fields.where}: sla", fields.table("sla", default={}))
    return tuple(parse_level(table, name) for name in fields.table("sla", default={}))


def parse_level(table: Fields, name: str) -> ServiceLevel:
    """Take one bound out of a table of bounds; raises FieldError that names it."""
    if name == ERRORS:
        return ServiceLevel(name, table.number(name, 0.0, 1.0))
    if name == RATE:
        return ServiceLevel(name, table.number(name, 0.001, MAX_RATE_RPS))
    if name == GROWTH:
        return ServiceLevel(name, table.number(name, 0.0, MOST_MEMORY_MIB))
    if not _NAME.fullmatch(name):
        raise FieldError(
            f"{table.where}: {shortened(name)}: must be one of {', '.join(f'{each}_ms' for each in FIGURES)}, any of "
            f"them after one of {', '.join(f'{each}_' for each in PARTS)}; or one of {ERRORS}, {RATE}, {GROWTH}"
        )
    return ServiceLevel(name, table.number(name, 0.001, LONGEST_MS))
