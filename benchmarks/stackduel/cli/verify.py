"""``stackduel verify``: start every stack and check its answers."""

from __future__ import annotations

from typing import Any

import click

from stackduel.cli import options
from stackduel.model.run_options import RunOptions
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner.exit_status import verification_status
from stackduel.runner.stack_checks import check_stacks


@click.command("verify")
@options.stacks
@options.stacks_file
@options.launcher
@options.project
@options.device
@options.of_cores
@options.timeout
def verify_command(**chosen: Any) -> int:
    """Start every stack and check that it answers as the contract says."""
    run_options = RunOptions(**chosen)
    checks = check_stacks(run_options, standard_output(), standard_error())
    return verification_status(check.stack for check in checks if check.wrong)
