"""Checked values from TOML tables, with errors that name the field and its bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

from stackduel.model.errors import FieldError

T = TypeVar("T")
_MISSING: Any = object()


class Fields:
    """One table of a file, read field by field; ``finish`` refuses the fields that were never read."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where = where
        self._table = table
        self._read: set[str] = set()

    def given(self, name: str) -> bool:
        """Return whether the table holds a field."""
        return name in self._table

    def finish(self) -> None:
        """Raise FieldError if the table holds a field that was never read."""
        for name in self._table:
            if name not in self._read:
                known = ", ".join(sorted(self._read))
                raise FieldError(f"{self.where}: {name}: unknown field (known: {known})")

    def text(self, name: str, default: str = _MISSING) -> str:
        """Return a string that is not empty, or the default."""
        value = self._take(name, default)
        if not isinstance(value, str) or (not value and value is not default):
            raise FieldError(f"{self.where}: {name}: must be a text that is not empty")
        return value

    def texts(self, name: str, default: Sequence[str] = _MISSING) -> tuple[str, ...]:
        """Return a list of strings that are not empty."""
        value = self._take(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
            raise FieldError(f"{self.where}: {name}: must be a list of texts")
        return tuple(value)

    @overload
    def integer(self, name: str, low: int, high: int, default: int = ...) -> int: ...
    @overload
    def integer(self, name: str, low: int, high: int, default: None) -> int | None: ...
    def integer(self, name: str, low: int, high: int, default: int | None = _MISSING) -> int | None:
        """Return a whole number from ``low`` to ``high``, or the default."""
        value = self._take(name, default)
        if value is None and default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise FieldError(f"{self.where}: {name}: must be a whole number from {low} to {high}")
        return value

    @overload
    def number(self, name: str, low: float, high: float, default: float = ...) -> float: ...
    @overload
    def number(self, name: str, low: float, high: float, default: None) -> float | None: ...
    def number(self, name: str, low: float, high: float, default: float | None = _MISSING) -> float | None:
        """Return a number from ``low`` to ``high``, or the default."""
        value = self._take(name, default)
        if value is None and default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise FieldError(f"{self.where}: {name}: must be a number from {low:g} to {high:g}")
        return float(value)

    def choice(self, name: str, choices: tuple[T, ...], default: T = _MISSING) -> T:
        """Return one of ``choices``, or the default."""
        value = self._take(name, default)
        for choice in choices:
            if value == choice:
                return choice
        raise FieldError(f"{self.where}: {name}: must be one of {', '.join(map(str, choices))}")

    def table(self, name: str, default: Mapping[str, Any] = _MISSING) -> Mapping[str, Any]:
        """Return a table inside this one."""
        value = self._take(name, default)
        if not isinstance(value, Mapping):
            raise FieldError(f"{self.where}: {name}: must be a table")
        return value

    def tables(self, name: str, default: Sequence[Mapping[str, Any]] = ()) -> Sequence[Mapping[str, Any]]:
        """Return an array of tables."""
        value = self._take(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
            raise FieldError(f"{self.where}: {name}: must be an array of tables ([[{name}]])")
        return value

    def _take(self, name: str, default: Any) -> Any:
        self._read.add(name)
        value = self._table.get(name, default)
        if value is _MISSING:
            raise FieldError(f"{self.where}: {name}: is missing")
        return value
