"""``stackduel models``: which models there are, building them, and each alone on this host."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from stackduel.cli import options
from stackduel.model.histogram import Histogram, fewest_for, summarise
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.terminal.page import ASIDE, Page, is_animated, message, standard_error, standard_output
from stackduel.report.terminal.waiting import waiting
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.models import build, store
from stackduel_servers.models.catalog import CATALOG, OWN, Card, Picture, Sound, Takes, TensorInput
from stackduel_servers.models.catalog import Text as Sentence
from stackduel_servers.models.device import WORDS, chosen
from stackduel_servers.models.store import FILES, OWN_VARIABLE, ModelError


@click.group("models", invoke_without_command=True)
@options.own_model
@click.pass_context
def models_command(context: click.Context, own: Path | None) -> int:
    """Show the models that stacks can serve, build them, or measure them alone."""
    if context.invoked_subcommand is None:
        return show(own, standard_output())
    if own is not None:
        raise click.UsageError(f"write --model after {context.invoked_subcommand}")
    return 0


@models_command.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def build_command(names: tuple[str, ...]) -> int:
    """Build or fetch models: those named, or all."""
    return build_models(names, standard_output())


@models_command.command("bench", short_help="Measure models alone, without a web stack.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.own_model
@click.option(
    "--requests",
    type=click.IntRange(1, 1_000_000),
    default=500,
    show_default=True,
    metavar="N",
    help="Requests per model.",
)
@click.option("--pool", type=click.IntRange(1, 1024), metavar="N", help="Threads; by default as many as CPUs.")
@click.option(
    "--batch",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    metavar="N",
    help="Requests per model call (batch size).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the time of every call.")
def bench_command(
    names: tuple[str, ...], own: Path | None, requests: int, pool: int | None, batch: int, as_json: bool
) -> int:
    """Measure models alone on this host, without a web stack: those named, or all that are built."""
    how = BenchOptions(requests, pool, batch, own)
    return bench(names, how, standard_output(), standard_error(), as_json=as_json)


def show(own: Path | None, console: Console) -> int:
    """Print what is known of every model, and of the user's own file; return the exit status, raise ModelError."""
    environ = _environ(own)
    own_card = _own_card(environ)
    for card in CATALOG.values():
        built = store.is_built(card.name, environ)
        files = [(store.path(file, environ), file.size, file.sha256) for file in FILES[card.name]]
        _print_card(card, "built" if built else f"not built: stackduel models build {card.name}", files, console)
    if own_card:
        file = Path(own_card.source)
        _print_card(own_card, "loads", [(file, file.stat().st_size, store.sha256_of(file))], console)
    return 0


def _own_card(environ: Mapping[str, str]) -> Card | None:
    if not environ.get(OWN_VARIABLE):
        return None
    from stackduel_servers.models.model import load  # noqa: PLC0415 - ONNX Runtime only where a model runs

    return load(OWN, environ).card


def build_models(names: Sequence[str], console: Console) -> int:
    """Build what is not there yet; return the exit status, raise ModelError."""
    with waiting(console, "building models"):
        build.build(names, os.environ, lambda line: message(console, line))
    return 0


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How ``bench`` is to run; without a pool it is as large as the CPUs that may be used."""

    requests: int
    pool: int | None
    batch: int
    own: Path | None


def bench(names: Sequence[str], how: BenchOptions, output: Console, errors: Console, *, as_json: bool) -> int:
    """Measure models alone, one after the other, and print the figures; return the exit status, raise ModelError."""
    from stackduel_servers.models.bench import Plan, measure, usable_cpus  # noqa: PLC0415 - ONNX Runtime only where a model runs
    from stackduel_servers.models.model import load  # noqa: PLC0415

    environ = _environ(how.own)
    try:
        used = chosen(environ)
    except SettingsError as error:
        raise ModelError(str(error)) from error
    plan = Plan(how.pool or usable_cpus(), how.requests, batch=how.batch)
    done = []
    for name in _chosen(names, environ):
        model = load(name, environ, used.device)
        with _progress(f"{name}: {plan.runs} runs in a pool of {plan.pool}", plan.runs, errors) as watch:
            done.append(measure(model, plan, watch))
    summaries = [summarise(Histogram.of(np.array(each.infer_ns, dtype=np.int64))) for each in done]
    if as_json:
        content = [
            {**each.to_dict(), "device": used.device, "p50_ms": summary.p50, "p99_ms": summary.p99}
            for each, summary in zip(done, summaries, strict=True)
        ]
        output.print_json(json.dumps(content), indent=None)
        return 0
    rates = [each.requests / each.duration_s for each in done]
    page = Page(output)
    rows = [
        (each.model, figure(summary.p50), figure(summary.p99), figure(rate))
        for each, summary, rate in zip(done, summaries, rates, strict=True)
    ]
    page.table(("model", "p50 ms", "p99 ms", "req/s"), rows, words={"model"})
    page.paragraph(f"{how.requests} requests each, {_together(plan.pool, plan.batch)}, {WORDS[used.device]}")
    if any(DASH in row for row in rows):
        page.note(f'"-" means: too few calls for this percentile; p50 needs {fewest_for(0.5)}, p99 {fewest_for(0.99)}.')
    if used.note:
        message(errors, used.note)
    return 0


def _chosen(names: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The models to measure: those named, else the user's own, else all that are built."""
    own = [OWN] if environ.get(OWN_VARIABLE) else []
    if names:
        for name in names:
            if name not in {*CATALOG, *own}:
                raise ModelError(f"model {name!r} is unknown; there are {', '.join([*CATALOG, *own])}")
        return [*names, *(each for each in own if each not in names)]
    chosen = own or [name for name in CATALOG if store.is_built(name, environ)]
    if not chosen:
        raise ModelError("no model is built yet: stackduel models build")
    return chosen


def _environ(own: Path | None) -> dict[str, str]:
    return {**os.environ, **({OWN_VARIABLE: str(own)} if own else {})}


def _print_card(card: Card, state: str, files: Sequence[tuple[Path, int, str]], console: Console) -> None:
    count = "unknown" if card.parameters is None else f"{card.parameters:,}"
    gives = ", ".join(f"{name} {_shape(shape)}" for name, shape in card.gives)
    lines = [card.summary, f"{card.source}; {card.licence}; {count} parameters", f"{_takes(card.takes)} -> {gives}"]
    for path, size, sha256 in files:
        lines += [f"{path}, {_size(size)}", f"SHA-256 {sha256}"]
    page = Page(console)
    page.line(f"  {card.name} ({state})")
    for line in lines:
        page.paragraph(line, first="    ", rest="      ", style=ASIDE)


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 / 10 else f"{size / 2**10:.1f} KiB"


def _takes(takes: Takes) -> str:
    match takes:
        case Sound():
            bounds = f"{takes.least:,}" if takes.least == takes.most else f"{takes.least:,} to {takes.most:,}"
            return f"{bounds} samples at {takes.rate_hz / 1000:g} kHz"
        case Picture():
            return f"a picture, {takes.least_side} to {takes.most_side} pixels a side"
        case Sentence():
            return f"a text of up to {takes.most_chars:,} characters"
        case TensorInput():
            return f"float32 {_shape(takes.shape)}"


def _shape(shape: Sequence[int | str]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _together(pool: int, batch: int) -> str:
    threads = "1 thread" if pool == 1 else f"a pool of {pool} threads"
    return threads if batch == 1 else f"{threads}, {batch} in a batch"


@contextmanager
def _progress(title: str, runs: int, console: Console) -> Iterator[Callable[[int], None]]:
    """Shows how many runs are done: redrawn twice a second, because more would take time from what is measured."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), TimeElapsedColumn())
    animated = is_animated(console)
    if not animated:
        message(console, title)
    with Progress(*columns, console=console, auto_refresh=False, transient=True, disable=not animated) as bar:
        task = bar.add_task(title, total=runs)
        yield lambda done: bar.update(task, completed=done, refresh=True)
