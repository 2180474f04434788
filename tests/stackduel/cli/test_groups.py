"""The list of all commands."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from stackduel.cli.groups import GROUPS, commands

SUMMARIES = {name: summary for group in GROUPS.values() for name, summary in group.items()}


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_list_says_of_a_command_what_its_own_help_says(name: str) -> None:
    """The summary is the first sentence of the command's help, and the command has the name that is listed."""
    command = commands.get_command(click.Context(commands), name)
    assert command
    assert command.name == name
    assert (command.help or "").partition("\n\n")[0].replace("\n", " ") == SUMMARIES[name]


def test_the_list_of_commands_imports_none_of_them() -> None:
    """``stackduel --help`` is there at once: neither numpy nor what draws tables is loaded."""
    code = (
        "import sys; from stackduel.cli import exit_status; exit_status(['--help']); "
        "sys.exit(', '.join({'numpy', 'rich', 'docker', 'asyncio', 'psutil'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name, summary in SUMMARIES.items():
        assert f"  {name} " in done.stdout
        assert summary.split()[-1] in done.stdout
