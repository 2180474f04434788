"""The switches: what each of them sets, and on which stacks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackduel_servers.options import resolve
from stackduel_servers.registry import StackEntry, load_registry
from stackduel_servers.start_variables import VARIABLES
from stackduel_servers.switches import SWITCHES, Switch, applicable
from tests.golden import WRITE

ENTRIES = load_registry().entries
PAGE = Path(__file__).parents[2] / "docs" / "switches.md"
BEGIN, END = "<!-- from servers/stackduel_servers/switches.py -->\n", "<!-- end -->\n"


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_a_switch_has_two_different_values_of_a_variable(switch: Switch) -> None:
    """Both values of a switch are within its variable's bounds, and at least one stack has it."""
    off, on = (VARIABLES[switch.variable].read(switch.settings(on=on)) for on in (False, True))
    assert None not in {off, on}
    assert off != on
    assert any(switch in applicable(entry) for entry in ENTRIES.values())


def test_switches_have_names_of_their_own() -> None:
    """No two switches have one name, and on no stack do two share a variable."""
    assert len({switch.name for switch in SWITCHES}) == len(SWITCHES)
    for entry in ENTRIES.values():
        variables = [switch.variable for switch in applicable(entry)]
        assert len(set(variables)) == len(variables), entry.name


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_applicable_switch_can_be_started(entry: StackEntry) -> None:
    """A start takes each switch of its stack, off and on, alone and with all others."""
    switches = applicable(entry)
    for on in (False, True):
        for switch in switches:
            resolve(entry, switch.settings(on=on), has_uvloop=True)
        together = {name: value for switch in switches for name, value in switch.settings(on=on).items()}
        resolve(entry, together, has_uvloop=True)


def test_the_page_shows_every_switch() -> None:
    """The table in docs/switches.md is made from SWITCHES; STACKDUEL_WRITE_GOLDENS=1 writes it anew."""
    text = PAGE.read_text(encoding="utf-8")
    before, table, after = text.partition(BEGIN)[0], text.partition(BEGIN)[2].partition(END)[0], text.partition(END)[2]
    wanted = "\n".join(
        ["| switch | variable | off | on | where | shows on | published |", "|---|---|---|---|---|---|---|", ""]
    )
    wanted += "".join(map(row, SWITCHES)) + "\n"
    if os.environ.get(WRITE) == "1":
        PAGE.write_text(f"{before}{BEGIN}{wanted}{END}{after}", encoding="utf-8", newline="\n")
        table = wanted
    assert table == wanted


def row(switch: Switch) -> str:
    """The line of a switch in the table."""
    published = f"{switch.claim} ({switch.source})" if switch.claim else switch.source or "-"
    name = f"**{switch.name}**: {switch.title}"
    cells = (name, f"`{switch.variable}`", f"`{switch.off}`", f"`{switch.on}`", switch.where, ", ".join(switch.touches))
    return f"| {' | '.join((*cells, published))} |\n"


def test_the_tuned_stack_has_the_guide_on() -> None:
    """fastapi-tuned sets every switch of the guide that has an effect on it, and no other variable."""
    entry = ENTRIES["fastapi-tuned"]
    wanted: dict[str, str] = {}
    for switch in applicable(entry):
        if switch.is_tuned:
            wanted |= switch.settings(on=True)
    assert {"WORKERS": entry.workers, "LOOP": entry.loop, **entry.settings} == wanted
