"""The errors that a user sees as one sentence."""

from __future__ import annotations


class FieldError(ValueError):
    """A value of the user's that cannot be taken; the message names the field and the bound."""


class LaunchError(Exception):
    """A stack, or what it needs, could not be started; the message holds its last log lines."""


class StoreError(ValueError):
    """A stored run that cannot be read; the message says why."""
