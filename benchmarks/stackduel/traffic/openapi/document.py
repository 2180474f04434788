"""An OpenAPI document: read from JSON or YAML, and its references followed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.planning.fields import shortened
from stackduel.traffic.openapi.schema_values import EXTRA

MOST_FILE_BYTES = 32 * 2**20
_MOST_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    """The tables of a document of OpenAPI 3, and what it is called in errors."""

    tables: Mapping[str, Any]
    source: str

    def followed(self, value: Any) -> Mapping[str, Any]:
        """Return a table, or the one within the document that it refers to; an empty one for anything else."""
        for _ in range(_MOST_REFERENCES):
            if not isinstance(value, Mapping):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._at(reference)
        return {}

    def _at(self, reference: str) -> Any:
        """Return what a reference such as ``#/components/schemas/Item`` names (RFC 6901), None for one elsewhere."""
        if not reference.startswith("#/"):
            return None
        value: Any = self.tables
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def parse_document(content: bytes, source: str) -> OpenApiDocument:
    """Return the document in JSON or YAML; raises FieldError, also where PyYAML is missing."""
    tables = (
        _json(content, source) if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _yaml(content, source)
    )
    if not isinstance(tables, Mapping):
        raise FieldError(f"{source}: no OpenAPI document")
    version = str(tables.get("openapi", ""))
    if not version.startswith("3."):
        named = shortened(version or f"Swagger {tables.get('swagger')}")
        raise FieldError(f"{source}: OpenAPI 3 is read, and this is {named}")
    return OpenApiDocument(tables, source)


def _json(content: bytes, source: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FieldError(f"{source}: not valid JSON: {error}") from error


def _yaml(content: bytes, source: str) -> Any:
    try:
        import yaml  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise FieldError(f"{source}: YAML is read with PyYAML: {EXTRA}") from error
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FieldError(f"{source}: not valid YAML: {str(error).splitlines()[0]}") from error
