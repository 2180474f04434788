"""Rows of values, of which each request takes one: the columns of a CSV file by their names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValueRows:
    """The rows of a ``file``: ``names`` are its columns, ``count`` how many rows it has.

    ``rows`` are those that are used; none in a stored run, whose readers must not see them.
    """

    file: str
    names: tuple[str, ...]
    count: int
    rows: tuple[tuple[str, ...], ...] = ()
