"""The content that an answer must have; its bytes may differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ValueKind = Literal["null", "boolean", "number", "string", "array", "object", "bytes", "absent"]
ContentKind = Literal["json", "json lines", "text", "binary"]


@dataclass(frozen=True, slots=True)
class VaryingPlace:
    """A place that differs from answer to answer, by its path, and the kinds of value that may stand there."""

    path: str
    kinds: tuple[ValueKind, ...]


@dataclass(frozen=True, slots=True)
class ExpectedContent:
    """How the body of a right answer is read, and where others may differ from it.

    ``encoding`` and ``media_type`` are the headers of the right answer. What is ``ignored`` is not compared, what is
    ``varying`` by its kind alone.
    """

    encoding: str
    media_type: str
    ignored: tuple[str, ...] = ()
    varying: tuple[VaryingPlace, ...] = ()
