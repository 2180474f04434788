"""What the doctor says of one thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DiagnosisState = Literal["good", "limit", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: whether it is good, a limit of the figures, missing or not to be seen.

    ``detail`` says what was seen, what follows from it, and where there is a way, what to do.
    """

    name: str
    state: DiagnosisState
    detail: str
