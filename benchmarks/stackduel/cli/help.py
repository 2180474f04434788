"""Help that is read at a glance: commands and options in groups, every summary in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

NAME_WIDTH = 30


class LazyGroup(click.Group):
    """A group whose commands are shown below headings, and imported when they are called.

    ``groups`` has the summary of each command by its name, ``modules`` where it is defined: as ``NAME_command``.
    """

    def __init__(
        self, *arguments: Any, groups: Mapping[str, Mapping[str, str]], modules: Mapping[str, str], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._groups = groups
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; return None if there is none of this name."""
        if cmd_name not in self._modules:
            return None
        command: click.Command = getattr(import_module(self._modules[cmd_name]), f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write every command with its whole summary; none is imported for that."""
        for title, summaries in self._groups.items():
            with formatter.section(title):
                formatter.write_dl(list(summaries.items()))


class Grouped(click.Command):
    """A command whose options are shown below headings: those of each group by name, all others at the end."""

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every option, in the order of the groups."""
        records = {
            parameter.opts[-1].lstrip("-"): record
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None
        }
        for title, names in self._groups.items():
            shown = [records.pop(name) for name in names if name in records]
            if shown:
                with formatter.section(title):
                    formatter.write_dl(shown, col_max=NAME_WIDTH)
        with formatter.section("Other"):
            formatter.write_dl(list(records.values()), col_max=NAME_WIDTH)
