"""Reading and checking environment variables; an empty variable counts as not set."""

from __future__ import annotations

import re
from collections.abc import Mapping

INTEGER = re.compile(r"[0-9]{1,9}")
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class SettingsError(ValueError):
    """A setting is invalid; the message names it and its bounds."""


def integer(environ: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    """Return the variable as a whole number from ``low`` to ``high``, or None; raises SettingsError."""
    text = environ.get(name)
    if not text:
        return None
    if not INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be an integer from {low} to {high}, not {text!r}")
    return int(text)


def number(environ: Mapping[str, str], name: str, low: float, high: float) -> float | None:
    """Return the variable as a number from ``low`` to ``high``, or None; raises SettingsError."""
    text = environ.get(name)
    if not text:
        return None
    if not NUMBER.fullmatch(text) or not low <= float(text) <= high:
        raise SettingsError(f"{name} must be a number from {low:g} to {high:g}, not {text!r}")
    return float(text)


def choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    """Return the variable as one of ``choices``, or None; raises SettingsError."""
    text = environ.get(name)
    if not text:
        return None
    if text not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    return text
