"""``stackduel tune``: the command that serves the user's own application best."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from stackduel.application.application_probe import application_name, probe
from stackduel.application.current_command import found_command, given_command
from stackduel.application.interpreter import choose_interpreter
from stackduel.application.server_layers import LayeredApplication, with_layers, with_layers_to_come
from stackduel.application.wanted_servers import missing_servers
from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.import_traffic import read_traffic
from stackduel.cli.parameters import Duration
from stackduel.model.application import Application, CurrentCommand, Interface
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.tune_settings import OBJECTIVES, USUAL_BUDGET_S, Objective
from stackduel.planning.tune_commands import default_command
from stackduel.planning.tune_requests import ImportedSuite
from stackduel.planning.tune_suite import TuneRequest, requests_of, tune_options, tune_plan
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.report.terminal.waiting import waiting
from stackduel.runner import request, session
from stackduel.runner.output import Output
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.mix import mix_of
from stackduel.traffic.suite_text import SuiteSource, suite_text, summary_of

MOST_CONNECTIONS = 2048
GROUPS = {
    "What is tuned": ("python", "interface", "current", "with-servers"),
    "What it is to serve": ("path", "requests", "import", "connections"),
    "What is to be better": ("for", "slo"),
    "How long": ("time-budget", "seed"),
    "Where and by what": ("driver", "cores", "shared-cores", "memory", "timeout", "resend-idle"),
    "What counts": ("wait-quiet", "strict", "gate", "fail-on"),
    "What is shown and kept": options.SHOWN,
}
_shared = options.together(
    options.driver, options.timeout, options.resend_idle, options.seed, options.of_cores, options.memory,
    options.wait_quiet, options.strict, options.gate, options.fail_on, options.out, options.dry_run, options.quiet,
    options.run_as_json, options.live,
)  # fmt: skip


@click.command("tune", cls=Grouped, groups=GROUPS)
@click.argument("app")
@click.option(
    "--python", metavar="PATH", help="The interpreter or environment of APP; default: the active one, else .venv here."
)
@click.option(
    "--interface", type=click.Choice(get_args(Interface)), help="Where APP does not show it: a wrapper of *args."
)
@click.option(
    "--current",
    metavar="COMMAND",
    help="What starts it today: 'gunicorn shop.wsgi -w 4'; default: Procfile, Dockerfile, compose file.",
)
@click.option(
    "--with-servers",
    is_flag=True,
    help="Also try the servers that the environment lacks, installed beside it in a cache of stackduel's.",
)
@click.option("--path", metavar="PATH", help="The request; default: /.")
@click.option(
    "--requests", metavar="FILE", help="The requests of a stacks file or of a suite (TOML), by their weights."
)
@click.option(
    "--import",
    "traffic",
    metavar="FILE",
    help="The requests of an access log, a HAR file or an OpenAPI document, as stackduel import takes them.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, MOST_CONNECTIONS),
    default=64,
    show_default=True,
    metavar="N",
    help="Clients; each sends its next request when the last one was answered.",
)
@click.option(
    "--for",
    "objective",
    type=click.Choice(OBJECTIVES),
    default="throughput",
    show_default=True,
    help="The figure to improve; memory only where as much is served.",
)
@click.option("--slo", metavar="BOUNDS", help="Only what keeps this service level: p99=200ms, mean=50ms.")
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(10, 86_400),
    default=f"{USUAL_BUDGET_S / 60:g}m",
    show_default=True,
    metavar="TIME",
    help="For all of it.",
)
@_shared
@click.pass_obj
def tune_command(
    argv: tuple[str, ...],
    /,
    out: Path,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    app: str,
    python: str | None,
    interface: Interface | None,
    current: str | None,
    with_servers: bool,
    path: str | None,
    requests: str | None,
    traffic: str | None,
    connections: int,
    objective: Objective,
    slo: str | None,
    time_budget_s: float,
    **chosen: Any,
) -> int:
    """Find the command that serves APP best: server, worker class, workers and threads.

    APP is module:name, or module:name() for a factory, as a server in this folder would import it.
    """
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    name, folder, run_options = application_name(app), Path.cwd(), RunOptions(**chosen)
    wanted = TuneRequest(path, requests, _imported(traffic, output), connections, objective, slo, time_budget_s)
    # Before anything of the user's is imported, and before servers are installed.
    requests_of(wanted, run_options)
    interpreter = choose_interpreter(python, folder)
    output.print_line(f"Importing {name} with {interpreter.path} ({interpreter.chosen_by}).")
    with as_keyboard_interrupt():
        application = probe(name, interpreter, folder, interface)
        output.print_line(application.sentence)
        layered = _layered(application, output, wanted=with_servers, dry_run=dry_run)
    application = layered.application
    command = _current(current, application, folder, output)
    plan = tune_plan(application, command, wanted, run_options)
    run_request = request.RunRequest(
        tune_options(run_options, plan, wanted),
        ("stackduel", *argv),
        fail_on,
        plan.suite,
        own=plan.own,
        notes=layered.notes,
    )
    return request.dry_run(run_request, output) if dry_run else session.start(run_request, out, output)


def _imported(source: str | None, output: Output) -> ImportedSuite | None:
    """Return the suite that the traffic of a file makes, None without one; raises FieldError."""
    if source is None:
        return None
    if source.endswith(".toml"):
        raise FieldError(f"--import: {source}: is a suite or a stacks file: --requests takes it as it is")
    recording = read_traffic((source,), ImportOptions())
    mix = mix_of(recording)
    suite = ImportedSuite(recording.source, suite_text(recording, mix, SuiteSource("stackduel tune", source)))
    output.print_line(f"{recording.source}: {summary_of(recording, mix)}")
    if recording.methods:
        left = ", ".join(f"{method} ({count})" for method, count in recording.methods.items())
        output.print_line(
            f"Left out, as they change data: {left}. To send them, too: stackduel import --unsafe, and its suite to "
            "--requests."
        )
    return suite


def _layered(application: Application, output: Output, *, wanted: bool, dry_run: bool) -> LayeredApplication:
    """Return the application with the servers that its environment lacks, if they are ``wanted``, else a note on them.

    A dry run installs nothing.
    """
    missing = ", ".join(each.title for each in missing_servers(application))
    if not missing:
        return LayeredApplication(application)
    if not wanted:
        note = f"Not tried, as your environment lacks them: {missing}. --with-servers installs them beside it."
        return LayeredApplication(application, (note,))
    if dry_run:
        return with_layers_to_come(application)
    with waiting(output.err, "Servers beside your environment") as tell:
        return with_layers(application, output.print_line, tell)


def _current(given: str | None, application: Application, folder: Path, output: Output) -> CurrentCommand:
    """Return the command that is to be improved; say which it is, unless it was given."""
    if given is not None:
        command = given_command(given)
    else:
        found = found_command(folder, application.name.module)
        for note in found.notes:
            output.print_line(note)
        command = found.command or default_command(application)
    if command.left_out:
        output.print_line(f"Measured without {', '.join(command.left_out)}.")
    return command
