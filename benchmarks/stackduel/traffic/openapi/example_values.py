"""Example values of schemas: those that a document gives, put together to whole bodies, and made ones in the gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackduel.traffic.openapi.document import OpenApiDocument
from stackduel.traffic.openapi.schema_values import NoValueError, schema_values

# Deeper values, such as trees of themselves, are left out or refused.
_MOST_DEPTH = 12


def anything(_: Any) -> bool:
    """Return that any value fits."""
    return True


@dataclass(frozen=True, slots=True)
class ExampleValues:
    """The examples of a document."""

    document: OpenApiDocument

    def given(self, described: Mapping[str, Any]) -> Sequence[Any]:
        """Return the different examples of a parameter, a body or a schema, in the order of how much they are meant."""
        schema = self.document.followed(described.get("schema"))
        named = described.get("examples")
        values = [self.document.followed(each).get("value") for each in self.document.followed(named).values()]
        values += [table["example"] for table in (described, schema) if "example" in table]
        for table in (described, schema):
            for name in ("examples", "enum"):
                values += table[name] if isinstance(table.get(name), list) else []
            values += [table[name] for name in ("const", "default") if name in table]
        return [each for at, each in enumerate(values) if each is not None and each not in values[:at]]

    def made(self, schema: Any, count: int, fits: Callable[[Any], bool]) -> Sequence[Any]:
        """Return up to so many values of a schema without examples; raises NoValueError."""
        whole = {**self.document.followed(schema), "components": self.document.tables.get("components", {})}
        return schema_values(whole, count, fits)

    def whole(self, schema: Any, depth: int = _MOST_DEPTH) -> Any:
        """Return one value of a schema: of its examples, else of those of its parts; raises NoValueError."""
        table = self.document.followed(schema)
        if not depth:
            raise NoValueError("its schema is nested too deeply")
        if given := self.given(table):
            return given[0]
        parts = table.get("allOf")
        if isinstance(parts, list) and parts:
            return self._merged(table, parts, depth)
        for name in ("oneOf", "anyOf"):
            choices = table.get(name)
            if isinstance(choices, list) and choices:
                return self.whole(choices[0], depth - 1)
        if "properties" in table:
            return self._object(table, depth)
        if "items" in table:
            return [self.whole(table["items"], depth - 1)] if table.get("minItems") else []
        return self.made(table, 1, anything)[0]

    def _object(self, table: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Return the required members of an object, and those that have an example."""
        required = table.get("required")
        needed = required if isinstance(required, list) else []
        found = {}
        for name, schema in self.document.followed(table["properties"]).items():
            if name in needed or self.given(self.document.followed(schema)):
                found[name] = self.whole(schema, depth - 1)
        return found

    def _merged(self, table: Mapping[str, Any], parts: Sequence[Any], depth: int) -> Any:
        """Return the members of all parts of a schema together, or the value of the first that is no object."""
        merged: dict[str, Any] = self._object(table, depth) if "properties" in table else {}
        for part in parts:
            value = self.whole(part, depth - 1)
            if not isinstance(value, Mapping):
                return value
            merged |= value
        return merged
