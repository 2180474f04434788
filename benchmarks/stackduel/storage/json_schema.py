"""The JSON Schema of what ``json`` writes of a value, made of the value's type (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANYTHING: Schema = {"type": "object"}


def of(hint: Any, **instead: Schema) -> Schema:
    """What ``json`` writes of a value of that type; of a dataclass, with other keys ``instead`` of some or besides."""
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        names = (field.name for field in fields(hint))
        return record({**{name: of(hints[name]) for name in names if name not in instead}, **instead})
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    return _of_generic(hint, get_args(hint))


def record(keys: Mapping[str, Schema]) -> Schema:
    """An object that has exactly these keys."""
    return {
        "type": "object",
        "properties": dict(keys),
        "required": list(keys),
        "additionalProperties": False,
    }


def named(hint: type[tuple[Any, ...]]) -> Schema:
    """An object with the names of a named tuple, which is written as one where its document asks for that."""
    return record({name: of(each) for name, each in get_type_hints(hint).items()})


def null_or(each: Schema) -> Schema:
    """What is null where it was not measured."""
    return {"anyOf": [each, {"type": "null"}]}


def array(each: Schema) -> Schema:
    """A list of any length."""
    return {"type": "array", "items": each}


def by_name(each: Schema) -> Schema:
    """An object whose keys are names of any kind."""
    return {"type": "object", "additionalProperties": each}


def _of_generic(hint: Any, arguments: tuple[Any, ...]) -> Schema:
    match get_origin(hint):
        case origin if origin in (Union, UnionType):
            return {"anyOf": [of(each) for each in arguments]}
        case origin if origin is Literal:
            return {"enum": list(arguments)}
        case origin if origin is tuple:
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return array(of(arguments[0]))
            return {"type": "array", "prefixItems": [of(each) for each in arguments], "items": False}
        case origin if isinstance(origin, type) and issubclass(origin, Mapping):
            return by_name(of(arguments[1]))
    raise TypeError(f"no schema for {hint}")


_PLAIN: Mapping[Any, Schema] = {
    str: TEXT,
    float: NUMBER,
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    Any: {},
}
