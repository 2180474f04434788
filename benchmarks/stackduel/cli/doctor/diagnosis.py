"""The result of one check of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DiagnosisState = Literal["good", "limit", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: good, limits accuracy, missing, or unknown.

    ``detail`` is the value seen, its consequence, and the remedy if there is one.
    """

    name: str
    state: DiagnosisState
    detail: str
