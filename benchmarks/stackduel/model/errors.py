"""The errors that a user sees as one sentence."""

from __future__ import annotations


class FieldError(ValueError):
    """A value of the user's that cannot be taken; the message names the field and the bound."""


class LaunchError(Exception):
    """A stack, or what it needs, could not be started: ``why``, the last lines of its ``log``, and a ``hint``."""

    def __init__(self, why: str, log: str = "", hint: str = "") -> None:
        super().__init__(why, log, hint)
        self.why = why
        self.log = log
        self.hint = hint

    def __str__(self) -> str:
        """Return all of it, on lines of their own."""
        return "\n".join(part for part in (self.why, self.log, self.hint) if part.strip())


class SandboxError(LaunchError):
    """A part of the sandbox itself that keeps ending, so that nothing more can be measured; the message names it."""


class StoreError(ValueError):
    """A stored run that cannot be read or written; the message says why."""


def of_system(error: OSError) -> str:
    """Return the operating system's reason in a few words, with the file that it is about."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason
