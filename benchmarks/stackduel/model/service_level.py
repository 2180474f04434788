"""Whether a stack kept one bound of a scenario."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceLevelResult:
    """Whether a stack kept one bound of a scenario: ``measured`` and ``ok`` are None where too few requests tell.

    Milliseconds, but for ``errors``, which is a share of all requests. ``reason`` says why nothing could be told.
    """

    scenario: str
    stack: str
    name: str
    bound: float
    measured: float | None
    ok: bool | None
    reason: str | None = None

    @property
    def is_share(self) -> bool:
        """Whether bound and measured are a share instead of milliseconds."""
        return self.name == ERRORS


ERRORS = "errors"
