"""Reading and checking environment variables."""

from __future__ import annotations

import pytest

from stackduel_servers.core.variables import SettingsError, choice, integer, number


def test_values_within_their_bounds() -> None:
    """The bounds themselves are valid."""
    environ = {"N": "10", "X": "0.5", "C": "a"}
    assert integer(environ, "N", 10, 10) == 10
    assert number(environ, "X", 0.5, 0.5) == 0.5
    assert choice(environ, "C", ("a", "b")) == "a"


def test_values_not_given() -> None:
    """Missing and empty variables are None."""
    environ = {"EMPTY": ""}
    for name in ("EMPTY", "MISSING"):
        assert integer(environ, name, 1, 2) is None
        assert number(environ, name, 1, 2) is None
        assert choice(environ, name, ("a",)) is None


@pytest.mark.parametrize("text", ["11", "0", "-1", "1.5", "1e1", " 5", "5 ", "0x5", "\u0665", "nan", "five", "9" * 30])
def test_integers_out_of_bounds(text: str) -> None:
    """Anything except a plain integer within the bounds is an error that names them."""
    with pytest.raises(SettingsError) as error:
        integer({"N": text}, "N", 1, 10)
    assert str(error.value) == f"N must be an integer from 1 to 10, not {text!r}"


@pytest.mark.parametrize("text", ["0.4", "10.1", "-1", "1e1", "inf", "nan", ".5", "5.", "1,5", " 1"])
def test_numbers_out_of_bounds(text: str) -> None:
    """Anything except a plain number within the bounds is an error that names them."""
    with pytest.raises(SettingsError) as error:
        number({"X": text}, "X", 0.5, 10)
    assert str(error.value) == f"X must be a number from 0.5 to 10, not {text!r}"
