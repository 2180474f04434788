"""The command line: ``stackduel``, and ``python -m benchmarks``."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from benchmarks.budget import LEAST_MEMORY_MIB, MOST_MEMORY_MIB
from benchmarks.commands.parameters import Duration, bounds, names
from benchmarks.fields import FieldError
from benchmarks.launch.base import LaunchError
from benchmarks.options import RunOptions
from benchmarks.store import StoreError
from servers.models.store import ModelError
from servers.registry import RegistryError

WRONG_INPUT = 2
STACK_FAILED = 3
RESULTS = Path("results")


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a condition met, 2 wrong usage or input, 3 a stack failed, 130 interrupted."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run a command and return its exit status; every error of the user's is one line on standard error."""
    try:
        status = commands.main(args=list(argv), prog_name="stackduel", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (FieldError, StoreError, RegistryError, ModelError) as error:
        click.echo(f"stackduel: {error}", err=True)
        return WRONG_INPUT
    except LaunchError as error:
        click.echo(f"stackduel: {error}", err=True)
        return STACK_FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("stackduel: interrupted", err=True)
        return 130
    return int(status or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="stackduel")
def commands() -> None:
    """Should this Python service move to another stack, and what would it gain?

    Measures the same endpoints on different frameworks and servers, and says how much faster and why.
    """


launcher_option = click.option(
    "--launcher",
    type=click.Choice(["local", "docker", "compose", "url"]),
    default="local",
    show_default=True,
    help="Local processes, containers of our own, a compose project that is up, or addresses.",
)
stacks_option = click.option("--stacks", callback=names, metavar="A,B", help="Only these stacks.")
stacks_file_option = click.option("--stacks-file", metavar="FILE", help="Stacks and requests of your own (TOML).")
project_option = click.option("--project", metavar="NAME", help="The compose project, if not this folder's.")
timeout_option = click.option(
    "--timeout",
    "timeout_s",
    type=Duration(0.1, 3600),
    default="30s",
    show_default=True,
    metavar="TIME",
    help="How long to wait for one answer.",
)


generator_option = click.option(
    "--generator",
    type=click.Choice(["process", "container"]),
    default="process",
    show_default=True,
    help="Load from a process of this machine, or from a container on the stacks' network.",
)
driver_option = click.option(
    "--driver", type=click.Choice(["raw", "aiohttp", "grpc"]), default="raw", show_default=True, help="Load client."
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "torch-cuda", "torch-cpu"]),
    default="auto",
    show_default=True,
    help="What models are computed on; auto is a GPU if one can be used. torch- is PyTorch, the others ONNX Runtime.",
)
seed_option = click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Fixes the order of the trials.")
memory_option = click.option(
    "--memory",
    "memory_mib",
    type=click.IntRange(LEAST_MEMORY_MIB, MOST_MEMORY_MIB),
    metavar="MIB",
    help="Memory budget of each stack; what the suite says by default.",
)
strict_option = click.option("--strict", is_flag=True, help="Keep no trial that the host disturbed.")
gate_option = click.option(
    "--gate", "gates", multiple=True, callback=bounds, metavar="NAME=VALUE", help="Another bound of a gate."
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=RESULTS,
    show_default=True,
    help="Folder of runs.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Print the plan and its duration, start nothing.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
fail_on_option = click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="EXPR",
    help="Exit with status 1 where this is met, such as 'errors > 0' or 'speedup(STACK) < 2'; may be repeated.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")


@commands.command("run")
@click.argument("suite", required=False)
@stacks_option
@stacks_file_option
@click.option("--baseline", metavar="STACK", help="What the others are compared with.")
@launcher_option
@generator_option
@driver_option
@device_option
@click.option("--blocks", type=click.IntRange(1, 1000), help="Interleaved rounds, each with every stack.")
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(10, 7 * 86_400),
    metavar="TIME",
    help="Fit the run into so much time, such as 10m.",
)
@click.option(
    "--duration",
    "duration_s",
    type=Duration(1, 86_400),
    metavar="TIME",
    help="How long a soak lasts on each stack, such as 24h.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    metavar="FILE",
    help="An ONNX file of your own in place of the suite's models.",
)
@timeout_option
@seed_option
@memory_option
@project_option
@strict_option
@gate_option
@out_option
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a run that stopped.")
@fail_on_option
@dry_run_option
@quiet_option
@json_option
@click.option("--live", is_flag=True, help="Serve a page on 127.0.0.1 that shows the run while it measures.")
def run_command(
    out: Path,
    resume: Path | None,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    **chosen: object,
) -> int:
    """Measure SUITE: quick (the default), another one of stackduel list, or a .toml file."""
    from benchmarks.commands import run as command  # noqa: PLC0415 - numpy and docker only where needed
    from benchmarks.commands.measure import Output  # noqa: PLC0415

    output = Output(Console(highlight=False), Console(stderr=True, highlight=False), as_json, quiet, live)
    if resume is not None:
        return command.resume(_found(resume, out), output, fail_on)
    options = RunOptions.from_dict(chosen)
    if options.blocks is not None and options.time_budget_s is not None:
        raise FieldError("--blocks: cannot stand beside --time-budget, which chooses their number")
    if dry_run:
        return command.dry_run(options, output, fail_on=fail_on)
    return command.start(options, out, output, fail_on=fail_on)


@commands.command("capacity")
@stacks_option
@stacks_file_option
@launcher_option
@generator_option
@driver_option
@click.option(
    "--path", default="/slow-io?delay=0.1", show_default=True, metavar="PATH", help="What is asked of every stack."
)
@click.option(
    "--slo",
    default="p99=200ms",
    show_default=True,
    metavar="BOUNDS",
    help="What is to be kept: p50, p90, p95, p99, p999 or mean in ms or s, errors in %, with commas between them.",
)
@click.option(
    "--demand", "demand_rps", type=click.FloatRange(0.01, 1e9), metavar="RPS", help="The rate to be carried in all."
)
@click.option(
    "--headroom",
    type=click.FloatRange(0.05, 1.0),
    default=0.8,
    show_default=True,
    help="The part of its capacity that each replica is to carry.",
)
@click.option("--cost-per-replica", type=click.FloatRange(0, 1e9), metavar="COST", help="In whatever unit.")
@timeout_option
@seed_option
@memory_option
@project_option
@strict_option
@gate_option
@out_option
@dry_run_option
@quiet_option
@json_option
def capacity_command(
    out: Path,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    path: str,
    slo: str,
    demand_rps: float | None,
    headroom: float,
    cost_per_replica: float | None,
    **chosen: object,
) -> int:
    """Find the highest rate that keeps a service level, and how many replicas a demand takes."""
    from benchmarks.commands import capacity as command  # noqa: PLC0415
    from benchmarks.commands.measure import Output  # noqa: PLC0415
    from benchmarks.search.settings import CapacitySettings  # noqa: PLC0415

    if demand_rps is not None and math.isnan(demand_rps):
        raise FieldError("--demand: must be a number from 0.01 to 1e+09")
    if cost_per_replica is not None and demand_rps is None:
        raise FieldError("--cost-per-replica: needs --demand, the rate that the replicas are to carry")
    output = Output(Console(highlight=False), Console(stderr=True, highlight=False), as_json, quiet)
    options = RunOptions.from_dict({**RunOptions().to_dict(), **chosen})
    settings = CapacitySettings(slo=slo, demand_rps=demand_rps, headroom=headroom, cost_per_replica=cost_per_replica)
    return command.search(options, settings, path, None if dry_run else out, output)


def _found(run: Path, results: Path) -> Path:
    """A run by its path or by its id."""
    return run if run.exists() or not (results / run).exists() else results / run


@commands.command("verify")
@stacks_option
@stacks_file_option
@launcher_option
@project_option
@device_option
@timeout_option
def verify_command(**chosen: object) -> int:
    """Start every stack and check that it answers as the contract says."""
    from benchmarks.commands import verify as command  # noqa: PLC0415

    return command.verify(RunOptions.from_dict({**RunOptions().to_dict(), **chosen}), Console(highlight=False))


@commands.command("list")
@stacks_file_option
def list_command(stacks_file: str | None) -> int:
    """Show all suites and stacks."""
    from benchmarks.commands import listing as command  # noqa: PLC0415

    return command.show(stacks_file, Console(highlight=False))


own_model_option = click.option(
    "--model", "own", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="An ONNX model of your own."
)


@commands.group("models", invoke_without_command=True)
@own_model_option
@click.pass_context
def models_command(context: click.Context, own: Path | None) -> int:
    """Show the models that stacks can serve, build them, or measure them alone."""
    from benchmarks.commands import models as command  # noqa: PLC0415

    if context.invoked_subcommand is None:
        return command.show(own, Console(highlight=False))
    if own is not None:
        raise click.UsageError(f"--model belongs behind {context.invoked_subcommand}")
    return 0


@models_command.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def build_command(names: tuple[str, ...]) -> int:
    """Build or fetch models: those named, or all."""
    from benchmarks.commands import models as command  # noqa: PLC0415

    return command.build_models(names, Console(highlight=False))


@models_command.command("bench")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@own_model_option
@click.option("--requests", type=click.IntRange(1, 1_000_000), default=500, show_default=True, metavar="N")
@click.option("--pool", type=click.IntRange(1, 1024), metavar="N", help="Threads; by default as many as CPUs.")
@click.option("--batch", type=click.IntRange(1, 1024), default=1, show_default=True, metavar="N", help="Items a call.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the time of every call.")
def bench_command(
    names: tuple[str, ...], own: Path | None, requests: int, pool: int | None, batch: int, as_json: bool
) -> int:
    """Measure models alone on this host, without a web stack: those named, or all that are built."""
    from benchmarks.commands import models as command  # noqa: PLC0415

    how = command.Bench(requests, pool, batch, own)
    return command.bench(names, how, Console(highlight=False), Console(stderr=True, highlight=False), as_json=as_json)


@commands.command("doctor")
def doctor_command() -> int:
    """Say what this machine can and cannot measure."""
    from benchmarks.commands import doctor as command  # noqa: PLC0415

    return command.examine(Console(highlight=False))


@commands.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=RESULTS, show_default=True)
@fail_on_option
def report_command(run: Path, out: Path, fail_on: tuple[str, ...]) -> int:
    """Show a stored RUN again, and write its reports anew."""
    from benchmarks.commands import report as command  # noqa: PLC0415

    return command.show(_found(run, out), Console(highlight=False), Console(stderr=True, highlight=False), fail_on)


results_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=RESULTS,
    show_default=True,
    help="Folder of runs.",
)
form_options = [
    click.option("--json", "form", flag_value="json", help="Print JSON."),
    click.option("--markdown", "form", flag_value="markdown", help="Print Markdown."),
]
suite_option = click.option("--suite", metavar="NAME", help="Only runs of this suite.")
limit_option = click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Only the newest."
)


@commands.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@results_option
@form_options[0]
@form_options[1]
@fail_on_option
def compare_command(old: Path, new: Path, out: Path, form: str | None, fail_on: tuple[str, ...]) -> int:
    """Say what changed from the stored run OLD to NEW."""
    from benchmarks.commands import compare as command  # noqa: PLC0415

    consoles = Console(highlight=False), Console(stderr=True, highlight=False)
    return command.compare(_found(old, out), _found(new, out), *consoles, form=form or "table", fail_on=fail_on)


@commands.command("runs")
@suite_option
@limit_option
@results_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def runs_command(suite: str | None, limit: int, out: Path, as_json: bool) -> int:
    """List the stored runs, the newest first."""
    from benchmarks.commands import runs as command  # noqa: PLC0415

    return command.show(out, suite, limit, Console(highlight=False), as_json=as_json)


@commands.command("trend")
@suite_option
@stacks_option
@limit_option
@results_option
@form_options[0]
@form_options[1]
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page with charts."
)
def trend_command(
    suite: str | None, stacks: tuple[str, ...] | None, limit: int, out: Path, form: str | None, page: Path | None
) -> int:
    """Show how the figures of a suite went over its stored runs, by default of the newest run's suite."""
    from benchmarks.commands import runs as command  # noqa: PLC0415

    form = form or ("table" if page is None else "path")
    return command.show_over_time(out, suite, stacks, limit, Console(highlight=False), form=form, page=page)


@commands.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of run.json."""
    from benchmarks.commands import schema as command  # noqa: PLC0415

    return command.show()


@commands.command("serve")
@stacks_option
@stacks_file_option
def serve_command(stacks: tuple[str, ...] | None, stacks_file: str | None) -> int:
    """Run stacks as local processes on their own ports until Ctrl-C: the classic three, or those of --stacks."""
    from benchmarks.commands import serve as command  # noqa: PLC0415

    return command.serve(stacks, stacks_file, Console(highlight=False))


@commands.command("clean")
def clean_command() -> int:
    """Remove the containers and networks that killed runs left, and wake what they paused."""
    from benchmarks.commands import clean as command  # noqa: PLC0415

    return command.clean(Console(highlight=False))
