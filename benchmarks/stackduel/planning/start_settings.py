"""The settings with which a suite starts stacks of the registry: all of them, or variants that it names."""

from __future__ import annotations

from collections.abc import Mapping

from stackduel.model.errors import FieldError
from stackduel.model.suite import Variant
from stackduel.planning.fields import Fields, shortened
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.registry import NAME
from stackduel_servers.start_variables import VARIABLES


def parse_start_settings(fields: Fields) -> tuple[tuple[str, str], ...] | None:
    """Take the variables with which stacks are started out of a suite's ``fields``, checked by name and bound."""
    table = fields.table("settings", default={})
    given = Fields(f"{fields.where}: settings", table)
    settings = {name: given.text(name) for name in table}
    for name in settings:
        if name not in VARIABLES:
            raise FieldError(f"{given.where}: {name!r} is unknown (known: {', '.join(VARIABLES)})")
        try:
            VARIABLES[name].read(settings)
        except SettingsError as error:
            raise FieldError(f"{given.where}: {error}") from error
    return tuple(settings.items()) or None


def parse_variants(fields: Fields) -> tuple[Variant, ...]:
    """Take the stacks that a suite has of its own out of ``fields``."""
    variants = []
    for name, table in fields.table("variants", default={}).items():
        where = f"{fields.where}: variants.{shortened(name)}"
        if not NAME.fullmatch(name) or not isinstance(table, Mapping):
            raise FieldError(f"{where}: must be a table, its name lower case letters, digits and '-', at most 40")
        variant = Fields(where, table)
        stack, summary, settings = variant.text("stack"), variant.text("summary"), parse_start_settings(variant)
        if settings is None:
            raise FieldError(f"{where}: settings: at least one is needed, or it is the stack itself")
        variant.finish()
        variants.append(Variant(name, stack, summary, settings))
    return tuple(variants)
