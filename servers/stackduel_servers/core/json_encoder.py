"""How this process writes and reads JSON: with the standard library or with orjson, the same bytes either way.

Both write text as UTF-8 and floats with the fewest digits that give them back. They differ in floats below 0.0001 and
from 1e16 on, which no answer holds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from stackduel_servers.core.variables import choice

JSON_VARIABLE = "JSON_ENCODER"
JSON_ENCODERS = ("stdlib", "orjson")

Encode = Callable[[object], bytes]
Decode = Callable[[bytes], Any]
"""Raises ValueError for what is no JSON."""


def encoder_of(environ: Mapping[str, str]) -> Encode:
    """Return the encoder that the environment names, the standard library's by default; raises SettingsError."""
    if choice(environ, JSON_VARIABLE, JSON_ENCODERS) == "orjson":
        import orjson  # noqa: PLC0415  # only where it was asked for

        return orjson.dumps
    return standard


def decoder_of(environ: Mapping[str, str]) -> Decode:
    """Return the decoder that goes with the encoder which the environment names; raises SettingsError."""
    if choice(environ, JSON_VARIABLE, JSON_ENCODERS) == "orjson":
        import orjson  # noqa: PLC0415  # only where it was asked for

        return orjson.loads
    return json.loads


@cache
def encoder() -> Encode:
    """Return the encoder of this process, read from its environment once."""
    return encoder_of(os.environ)


@cache
def decoder() -> Decode:
    """Return the decoder of this process, read from its environment once."""
    return decoder_of(os.environ)


def standard(content: object) -> bytes:
    """Return the content as JSON, written by the standard library."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
