"""``models`` and what belongs to it."""

from __future__ import annotations

from pathlib import Path

import click

from stackduel.cli import options
from stackduel.report.terminal.page import standard_error, standard_output


@click.group("models", invoke_without_command=True)
@options.own_model
@click.pass_context
def models_command(context: click.Context, own: Path | None) -> int:
    """Show the models that stacks can serve, build them, or measure them alone."""
    from stackduel.cli.commands import models as command  # noqa: PLC0415 - ONNX Runtime only where needed

    if context.invoked_subcommand is None:
        return command.show(own, standard_output())
    if own is not None:
        raise click.UsageError(f"--model belongs behind {context.invoked_subcommand}")
    return 0


@models_command.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def build_command(names: tuple[str, ...]) -> int:
    """Build or fetch models: those named, or all."""
    from stackduel.cli.commands import models as command  # noqa: PLC0415

    return command.build_models(names, standard_output())


@models_command.command("bench", short_help="Measure models alone, without a web stack.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.own_model
@click.option(
    "--requests",
    type=click.IntRange(1, 1_000_000),
    default=500,
    show_default=True,
    metavar="N",
    help="How many of each model.",
)
@click.option("--pool", type=click.IntRange(1, 1024), metavar="N", help="Threads; by default as many as CPUs.")
@click.option(
    "--batch", type=click.IntRange(1, 1024), default=1, show_default=True, metavar="N", help="Requests in a call."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the time of every call.")
def bench_command(
    names: tuple[str, ...], own: Path | None, requests: int, pool: int | None, batch: int, as_json: bool
) -> int:
    """Measure models alone on this host, without a web stack: those named, or all that are built."""
    from stackduel.cli.commands import models as command  # noqa: PLC0415

    how = command.BenchOptions(requests, pool, batch, own)
    return command.bench(names, how, standard_output(), standard_error(), as_json=as_json)
