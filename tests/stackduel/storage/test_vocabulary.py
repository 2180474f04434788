"""The words of run.json."""

from __future__ import annotations

from typing import Any

from stackduel.storage.run_schema import schema
from stackduel.storage.vocabulary import vocabulary


def test_the_vocabulary_is_that_of_the_schema() -> None:
    """Every key of the schema, every value that a key is limited to, and the parts of both are words of ours."""
    assert {"rate", "duration_s", "duration", "closed", "faster", "not tested", "interrupted"} <= vocabulary()
    assert set(_keys(schema())) <= vocabulary()


def _keys(part: Any) -> list[str]:
    if isinstance(part, list):
        return [key for each in part for key in _keys(each)]
    if not isinstance(part, dict):
        return []
    own = list(part["properties"]) if isinstance(part.get("properties"), dict) else []
    return [*own, *(key for each in part.values() for key in _keys(each))]
