"""Values of JSON schemas, made by hypothesis-jsonschema, which the extra ``openapi`` installs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stackduel.model.errors import FieldError

EXTRA = "pip install 'stackduel[openapi]'"
# What a value is to be can be so rare that none is found in so many tries.
_TRIES = 50


class NoValueError(ValueError):
    """A schema that no value can be made of; the message says why."""


def schema_values(schema: Mapping[str, Any], count: int, fits: Callable[[Any], bool]) -> tuple[Any, ...]:
    """Return up to so many different values of a schema that fit, the same at each call.

    Raises NoValueError if there are none, FieldError without the extra.
    """
    try:
        from hypothesis import strategies  # noqa: PLC0415 - of an extra
        from hypothesis_jsonschema import from_schema  # noqa: PLC0415
    except ImportError as error:
        raise FieldError(f"a value without an example must be made of its schema: {EXTRA}") from error
    try:
        strategy = from_schema(dict(schema), custom_formats={"uuid": strategies.uuids().map(str)})
        return _drawn(strategy, count, fits)
    except Exception as error:  # a library of its own for each kind of wrong schema
        raise NoValueError(f"no value can be made of its schema ({type(error).__name__})") from error


def _drawn(strategy: Any, count: int, fits: Callable[[Any], bool]) -> tuple[Any, ...]:
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415 - of an extra

    found: list[Any] = []

    @settings(
        max_examples=_TRIES, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(value: Any) -> None:
        if len(found) < count and fits(value) and value not in found:
            found.append(value)

    collect()
    if not found:
        raise ValueError("none fits")
    return tuple(found)
