"""Checked values from TOML tables, with errors that name the field and its bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

from stackduel.model.errors import FieldError
from stackduel.model.similar import did_you_mean

T = TypeVar("T")
_MISSING: Any = object()
MOST_CHARACTERS = 10_000
# Of a name that an error repeats.
_SHOWN = 80


class Fields:
    """One table of a file, read field by field; ``finish`` refuses the fields that were never read.

    Paths in it are relative to ``folder``.
    """

    def __init__(self, where: str, table: Mapping[str, Any], folder: Path = Path()) -> None:
        self.where = where
        self.folder = folder
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
                meant = did_you_mean(name, self._read)
                raise FieldError(f"{self.where}: {shortened(name)}: unknown field{meant} (known: {known})")

    def refuse_misspelt(self, *names: str) -> None:
        """Raise FieldError if a field that was not read resembles one of these names, which the table lacks."""
        lacking = [name for name in names if not self.given(name)]
        for given in self._table:
            if given not in self._read and given not in names and (meant := did_you_mean(given, lacking)):
                raise FieldError(f"{self.where}: {shortened(given)}: unknown field{meant}")

    def refuse(self, names: Mapping[str, str]) -> None:
        """Raise FieldError if the table holds one of these fields, with why it may not."""
        for name, why in names.items():
            if self.given(name):
                raise FieldError(f"{self.where}: {name}: {why}")

    def text(self, name: str, default: str = _MISSING, most: int = MOST_CHARACTERS) -> str:
        """Return a string that is not empty and has at most so many characters, or the default."""
        if not self.given(name) or self._table[name]:
            return self.any_text(name, default, most)
        raise FieldError(f"{self.where}: {name}: must be a text that is not empty")

    def any_text(self, name: str, default: str = _MISSING, most: int = MOST_CHARACTERS) -> str:
        """Return a string that may be empty and has at most so many characters, or the default."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise FieldError(f"{self.where}: {name}: must be a text that is not empty")
        if len(value) > most:
            raise FieldError(f"{self.where}: {name}: at most {most} characters")
        if "\0" in value:
            raise FieldError(f"{self.where}: {name}: must hold no NUL character")
        return value

    def texts(self, name: str, default: Sequence[str] = _MISSING) -> tuple[str, ...]:
        """Return a list of strings that are not empty."""
        value = self._take(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
            raise FieldError(f"{self.where}: {name}: must be a list of texts")
        return tuple(value)

    @overload
    def integer(self, name: str, low: int, high: int, default: int = ..., other: str = ...) -> int: ...
    @overload
    def integer(self, name: str, low: int, high: int, default: None, other: str = ...) -> int | None: ...
    def integer(self, name: str, low: int, high: int, default: int | None = _MISSING, other: str = "") -> int | None:
        """Return a whole number from ``low`` to ``high``, or the default; ``other`` names what else may be given."""
        value = self._take(name, default)
        if value is None and default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise FieldError(f"{self.where}: {name}: must be a whole number from {low} to {high}{other}")
        return value

    @overload
    def number(self, name: str, low: float, high: float, default: float = ..., other: str = ...) -> float: ...
    @overload
    def number(self, name: str, low: float, high: float, default: None, other: str = ...) -> float | None: ...
    def number(
        self, name: str, low: float, high: float, default: float | None = _MISSING, other: str = ""
    ) -> float | None:
        """Return a number from ``low`` to ``high``, or the default; ``other`` names what else may be given."""
        value = self._take(name, default)
        if value is None and default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise FieldError(f"{self.where}: {name}: must be a number from {low:.10g} to {high:.10g}{other}")
        return float(value)

    @overload
    def choice(self, name: str, choices: tuple[T, ...], default: None) -> T | None: ...
    @overload
    def choice(self, name: str, choices: tuple[T, ...], default: T = ...) -> T: ...
    def choice(self, name: str, choices: tuple[T, ...], default: T | None = _MISSING) -> T | None:
        """Return one of ``choices``, or the default, which may be None."""
        value = self._take(name, default)
        if value is None and default is None:
            return None
        for choice in choices:
            if value == choice and type(value) is type(choice):
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

    def one_or_more(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return an array of tables; of a table that stands alone that one."""
        alone = isinstance(self._table.get(name), Mapping)
        return [self.table(name)] if alone else self.tables(name)

    def _take(self, name: str, default: Any) -> Any:
        self._read.add(name)
        value = self._table.get(name, default)
        if value is _MISSING:
            self.refuse_misspelt(name)
            raise FieldError(f"{self.where}: {name}: is missing")
        return value


def shortened(name: str) -> str:
    """Return a name as an error shows it: a key of a TOML file may be as long as the file."""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
