"""Parameters of the command line besides texts and numbers."""

from __future__ import annotations

from dataclasses import fields

import click
import pytest

from stackduel.analysis.gates import Thresholds
from stackduel.cli.parameters import Duration, bounds, names, prices

COMMAND = click.Command("run")
CONTEXT = click.Context(COMMAND)
OPTION = click.Option(["--option"])


@pytest.mark.parametrize(("value", "seconds"), [("45", 45.0), ("10m", 600.0), ("1h", 3600.0), (30, 30.0), (0.5, 0.5)])
def test_a_duration_is_taken_in_seconds(value: object, seconds: float) -> None:
    """Texts are read, numbers (a default) are seconds already; both bounds are allowed."""
    assert Duration(45, 3600).convert(value, OPTION, CONTEXT) == seconds


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("44s", "44s is not in the range from 45 s to 1 h"),
        ("61m", "61m is not in the range from 45 s to 1 h"),
        (9 * "9" + "h", "is not in the range"),
        ("soon", "'soon' is no length of time such as 500ms, 45s, 10m, 1h30m or 1d"),
    ],
)
def test_a_duration_out_of_bounds_is_told_with_them(value: str, told: str) -> None:
    """A value that is too short, too long or no duration is a usage error that says what is."""
    with pytest.raises(click.BadParameter, match=told):
        Duration(45, 3600).convert(value, OPTION, CONTEXT)


def test_names_are_divided_at_commas() -> None:
    """Blanks and empty places between commas mean nothing; no option at all is no choice."""
    assert names(CONTEXT, OPTION, " a, b,,c ,") == ("a", "b", "c")
    assert names(CONTEXT, OPTION, None) is None
    with pytest.raises(click.BadParameter, match="must name at least one stack"):
        names(CONTEXT, OPTION, " , ")


@pytest.mark.parametrize("name", [field.name for field in fields(Thresholds)])
def test_every_bound_of_a_gate_can_be_set(name: str) -> None:
    """By its name, with underscores or dashes; what comes out makes thresholds."""
    assert Thresholds(**bounds(CONTEXT, OPTION, (f"{name.replace('_', '-')}=0.25",))) == Thresholds(**{name: 0.25})


def test_the_last_of_two_values_for_a_bound_counts() -> None:
    """As with every option; others stay as they are, and none is none."""
    assert bounds(CONTEXT, OPTION, ("steal=1", "headroom = 3", "steal=2")) == {"steal": 2.0, "headroom": 3.0}
    assert bounds(CONTEXT, OPTION, ()) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steal", "must be NAME=VALUE, with NAME one of generator_cpu, "),
        ("stolen=1", "must be NAME=VALUE, with NAME one of generator_cpu, "),
        ("=1", "must be NAME=VALUE"),
        ("foreing_cpu=0.2", "did you mean foreign_cpu"),
        ("steal=", "the value must be a number"),
        ("steal=much", "the value must be a number"),
        ("steal=-0.1", "a number from 0 to 1e9"),
        ("steal=nan", "a number from 0 to 1e9"),
        ("steal=inf", "a number from 0 to 1e9"),
    ],
)
def test_a_wrong_bound_is_told(text: str, told: str) -> None:
    """No name, a wrong one, and values that bound nothing are usage errors that show the text."""
    with pytest.raises(click.BadParameter, match=told) as raised:
        bounds(CONTEXT, OPTION, (text,))
    assert text in raised.value.message


def test_prices_are_read_by_name() -> None:
    """One may be left out, and blanks do not matter."""
    assert prices(CONTEXT, OPTION, "cpu-hour=0.04,gib-hour=0.005") == {"cpu_hour": 0.04, "gib_hour": 0.005}
    assert prices(CONTEXT, OPTION, " cpu_hour = 2 ") == {"cpu_hour": 2.0}
    assert prices(CONTEXT, OPTION, None) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cpu=1", "must be NAME=VALUE, with NAME one of cpu_hour, gib_hour"),
        ("cpu-hour=much", "the value must be a number"),
        ("cpu-hour=-1", "a number from 0 to 1e6"),
        ("cpu-hour=1,cpu-hour=2", "cpu-hour is given twice"),
        ("cpu-hour=0", "one price at least must be above 0"),
        ("", "one price at least must be above 0"),
    ],
)
def test_a_wrong_price_is_told(text: str, told: str) -> None:
    """An unknown name, no number, a negative one, two for one thing, and none at all."""
    with pytest.raises(click.BadParameter, match=told):
        prices(CONTEXT, OPTION, text)
