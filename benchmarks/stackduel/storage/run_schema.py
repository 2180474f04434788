"""The JSON Schema of run.json, made from the types that it is written from."""

from __future__ import annotations

from typing import Any

import msgspec

from stackduel.model.findings import SearchResult
from stackduel.storage.outcome_documents import FindingHead
from stackduel.storage.run_document import SCHEMA, RunDocument
from stackduel.storage.trial_document import MEASURED, FailureDocument, TrialDocument

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLACE = "#/$defs/{name}"


def schema() -> Schema:
    """Return the schema, by the rules of draft 2020-12; every key is required, and no other allowed."""
    types = (RunDocument, TrialDocument, FailureDocument, FindingHead, SearchResult)
    (_, _, _, _, findings), definitions = msgspec.json.schema_components(types, ref_template=_PLACE)
    parts: dict[str, Any] = _closed(definitions)
    run, head = parts.pop("RunDocument"), parts.pop("FindingHead")
    for reference in findings["anyOf"]:
        kind = parts[reference["$ref"].rpartition("/")[2]]
        kind["properties"] = {**head["properties"], **kind["properties"]}
        kind["required"] = list(kind["properties"])
    _complete_failure(parts["FailureDocument"])
    run["properties"]["findings"] = {"type": "array", "items": {"anyOf": findings["anyOf"]}}
    run["properties"]["trials"] = {"type": "array", "items": _TRIAL_OR_FAILURE}
    run["properties"]["started"]["format"] = "date-time"
    # The settings of a stack depend on its kind.
    parts["StackFacts"]["required"] = ["tier"]
    return {
        "$schema": DRAFT,
        "$id": f"urn:stackduel:run:{SCHEMA}",
        **run,
        "title": f"A run of stackduel, schema {SCHEMA}",
        "description": "What was not measured is null, never absent and never zero.",
        "$defs": parts,
    }


def _closed(schema: Any) -> Any:
    """Return msgspec's schema with every object closed: our documents have every key of their type and no other."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(each) for key, each in schema.items() if key not in {"default", "required"}}
    if isinstance(text := made.get("description"), str):
        # The first paragraph of a type's docstring is for readers, the rest for those who change it.
        made["description"] = " ".join(text.partition("\n\n")[0].split())
    if "properties" in made:
        made["properties"] = {key: _closed(each) for key, each in schema["properties"].items()}
        made |= {"required": list(schema["properties"]), "additionalProperties": False}
    return made


_TRIAL_OR_FAILURE: Schema = {
    "if": {"properties": {"requests": {"type": "null"}}},
    "then": {"$ref": "#/$defs/FailureDocument"},
    "else": {"$ref": "#/$defs/TrialDocument"},
}


def _complete_failure(failure: Schema) -> None:
    """Add the keys of a trial, which a failure has as null."""
    failure["properties"] |= {
        "gates": {"type": "array", "maxItems": 0},
        **{name: {"type": "null"} for name in MEASURED},
    }
    failure["required"] = list(failure["properties"])
