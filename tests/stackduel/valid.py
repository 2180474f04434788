"""Whether a document is one of a run, by the schema that users get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PAGE = Path(__file__).parents[2] / "docs" / "run.schema.json"


@cache
def validator() -> Draft202012Validator:
    """The schema of the docs, itself valid."""
    schema = json.loads(PAGE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def errors(content: Mapping[str, Any]) -> list[str]:
    """Return the faults of a document: where, and what was expected there."""
    # As JSON has it: lists for tuples.
    plain = json.loads(json.dumps(content, allow_nan=False))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(plain)]


def check(content: Mapping[str, Any]) -> None:
    """Fails where the document is not valid."""
    assert errors(content) == []
