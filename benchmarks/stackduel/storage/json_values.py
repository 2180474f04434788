"""Values as JSON holds them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

NonNegative = Annotated[int, Meta(ge=0)]


def to_builtins(value: Any) -> Any:
    """Return a value as dictionaries, lists, texts and numbers; NaN stays, and is refused when it becomes text.

    NumPy's floats become plain ones. Raises TypeError for anything else that JSON lacks.
    """
    return msgspec.to_builtins(value, enc_hook=float)
