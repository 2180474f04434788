"""Values as JSON's own types."""

from __future__ import annotations

from typing import Any

import msgspec


def to_builtins(value: Any) -> Any:
    """Return a value as dictionaries, lists, texts and numbers; NaN stays, and is refused when it becomes text.

    NumPy's floats become plain ones; anything else that JSON does not have raises TypeError.
    """
    return msgspec.to_builtins(value, enc_hook=float)
