"""The answer to one exchange, and the error for want of one."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.measurement import Outcome


@dataclass(frozen=True, slots=True)
class Reply:
    """An unchanged answer: status, headers in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in upper or lower case; None without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def encoding(self) -> str:
        """Its Content-Encoding; empty without one."""
        return self.header("content-encoding") or ""

    @property
    def media_type(self) -> str:
        """Its Content-Type with all parameters; empty without one."""
        return self.header("content-type") or ""


class ExchangeError(Exception):
    """No whole answer, or one that is not HTTP; the message says which.

    ``outcome`` is what a load would have counted. ``permanent`` says that asking again cannot help.
    """

    def __init__(self, message: str, outcome: Outcome = Outcome.PROTOCOL, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.permanent = permanent
