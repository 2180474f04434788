"""The number of cores in a user's command, and places that are filled in by no one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, Image, OwnSlots, Stack
from stackduel.planning.command_places import (
    OF_A_RESET,
    refuse_misspelt_places,
    slots_on_command_line,
    with_cores,
)

COMMAND = Command(("gunicorn", "-w", "{cores}", "--threads", "4", "shop"), {"N": "{cores}x{cores}"}, Path())


def test_each_stack_has_its_own_number_of_cores() -> None:
    """In its words, its variables and its reset; then the command line says its slots, too."""
    today = Stack("today", "baseline", "", COMMAND, slots=slots_on_command_line(COMMAND), reset=COMMAND)
    assert today.slots is None
    boxed = Stack("boxed", "rewrite", "", Image("shop:2", 80, {"WORKERS": "{cores}"}))
    found = with_cores({"today": today, "two": replace(today, cores=2), "boxed": boxed}, 3)
    for name, count in (("today", "3"), ("two", "2")):
        command = found[name].source
        assert isinstance(command, Command)
        assert command.argv == ("gunicorn", "-w", count, "--threads", "4", "shop")
        assert command.env == {"N": f"{count}x{count}"}
        assert found[name].reset == command
    assert found["today"].slots == OwnSlots(12, "its command line", 3, 4)
    assert found["boxed"].source == Image("shop:2", 80, {"WORKERS": "3"})
    kept = replace(today, slots=OwnSlots(5, "slots"))
    assert with_cores({"kept": kept}, 3)["kept"].slots == OwnSlots(5, "slots")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("{core}", "{cores}"),
        ("{CORES}", "{cores}"),
        ("{nproc}", "{cores}"),
        ("0:{prot}", "{port}"),
        ("{hosts}", "{host}"),
    ],
)
def test_a_misspelt_place_is_refused_with_the_field(word: str, meant: str) -> None:
    """It would reach the server as it stands."""
    with pytest.raises(FieldError) as raised:
        refuse_misspelt_places("mine.toml: stacks.today: command", ("gunicorn", word))
    assert str(raised.value).startswith("mine.toml: stacks.today: command: {")
    assert str(raised.value).endswith(f"is not filled in; did you mean {meant}?")


@pytest.mark.parametrize(
    "word", ["{port}", "%({x-request-id}i)s", "{store}", "{hostname}", "{message}", "{", '{"a": 1}']
)
def test_other_braces_are_the_programs_own(word: str) -> None:
    """A log format has them, and JSON."""
    refuse_misspelt_places("command", (word,))


def test_a_reset_has_places_of_its_own() -> None:
    """The name of the stack, and no port: nothing listens yet."""
    refuse_misspelt_places("reset", ("{stack}", "{cores}"), OF_A_RESET)
    with pytest.raises(FieldError, match=r"did you mean \{stack\}"):
        refuse_misspelt_places("reset", ("{stacks}",), OF_A_RESET)
