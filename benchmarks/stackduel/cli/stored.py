"""The commands that look at stored runs, and their schema."""

from __future__ import annotations

from pathlib import Path

import click

from stackduel.cli import options
from stackduel.report.terminal.page import standard_error, standard_output


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@options.out
@options.fail_on
def report_command(run: Path, out: Path, fail_on: tuple[str, ...]) -> int:
    """Show a stored RUN again, and write its reports anew."""
    from stackduel.cli.commands import report as command  # noqa: PLC0415 - numpy only where needed

    return command.show(options.found(run, out), standard_output(), standard_error(), fail_on)


@click.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@options.out
@options.form_json
@options.form_markdown
@options.fail_on
def compare_command(old: Path, new: Path, out: Path, form: str | None, fail_on: tuple[str, ...]) -> int:
    """Say what changed from the stored run OLD to NEW."""
    from stackduel.cli.commands import compare as command  # noqa: PLC0415

    runs = options.found(old, out), options.found(new, out)
    return command.compare(*runs, standard_output(), standard_error(), form=form or "table", fail_on=fail_on)


@click.command("runs")
@options.suite
@options.limit
@options.out
@options.as_json
def runs_command(suite: str | None, limit: int, out: Path, as_json: bool) -> int:
    """List the stored runs, the newest first."""
    from stackduel.cli.commands import runs as command  # noqa: PLC0415

    return command.show(out, suite, limit, standard_output(), as_json=as_json)


@click.command("trend")
@options.suite
@options.stacks
@options.limit
@options.out
@options.form_json
@options.form_markdown
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page with charts."
)
def trend_command(
    suite: str | None, stacks: tuple[str, ...] | None, limit: int, out: Path, form: str | None, page: Path | None
) -> int:
    """Show how the figures of a suite went over its stored runs, by default of the newest run's suite."""
    from stackduel.cli.commands import runs as command  # noqa: PLC0415

    form = form or ("table" if page is None else "path")
    return command.show_over_time(out, suite, stacks, limit, standard_output(), form=form, page=page)


@click.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of run.json."""
    from stackduel.cli.commands import schema as command  # noqa: PLC0415

    return command.show()
