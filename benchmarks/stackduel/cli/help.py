"""Help that is read at a glance: commands and options in groups, every summary in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

NAME_WIDTH = 30


class Groups(click.Group):
    """A group whose commands are shown below headings."""

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[click.Command]], **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        self._groups = groups
        for members in groups.values():
            for command in members:
                self.add_command(command)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command with the whole first sentence of its help."""
        for title, members in self._groups.items():
            with formatter.section(title):
                formatter.write_dl([(each.name or "", _summary(each)) for each in members])


class Grouped(click.Command):
    """A command whose options are shown below headings: those of each group by name, all others at the end."""

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[str]], **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        self._groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every option, in the order of the groups."""
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
        with formatter.section("Besides"):
            formatter.write_dl(list(records.values()), col_max=NAME_WIDTH)


def _summary(command: click.Command) -> str:
    return (command.help or "").partition("\n\n")[0].replace("\n", " ").strip()
