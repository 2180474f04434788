"""The value that a body holds: JSON, lines of JSON, lines of text, or bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from stackduel.load.content.decoding import UnknownEncodingError, decode
from stackduel.model.expected_content import ContentKind, ValueKind


@dataclass(frozen=True, slots=True)
class Content:
    """A body's value: of text its lines, of lines of JSON a list."""

    kind: ContentKind
    value: Any


def read_content(body: bytes, encoding: str, media_type: str) -> Content:
    """Read a body by its headers Content-Encoding and Content-Type.

    Of an encoding that is unknown here it holds the bytes. Raises DecodingError where the body is not encoded so.
    """
    try:
        body = decode(body, encoding)
    except UnknownEncodingError:
        return Content("binary", body)
    if "json" in media_type.lower() or body.lstrip()[:1] in {b"{", b"["}:
        try:
            return Content("json", json.loads(body))
        except (ValueError, RecursionError):
            if (lines := _json_lines(body)) is not None:
                return Content("json lines", lines)
    try:
        return Content("text", body.decode().splitlines(keepends=True))
    except UnicodeDecodeError:
        return Content("binary", body)


def _json_lines(body: bytes) -> list[Any] | None:
    """Return the values of a body with one in each line; None if that is not what it holds."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    try:
        return [json.loads(line) for line in lines] if len(lines) > 1 else None
    except (ValueError, RecursionError):
        return None


def kind_of(value: Any) -> ValueKind:
    """Return the kind of a value, in JSON's words."""
    return _KINDS[type(value)]


_KINDS: dict[type, ValueKind] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    bytes: "bytes",
}
