"""All commands, in the groups in which they are shown."""

from __future__ import annotations

import click

from stackduel.cli import models, stored, surroundings
from stackduel.cli.capacity import capacity_command
from stackduel.cli.help import Groups
from stackduel.cli.run import run_command
from stackduel.cli.verify import verify_command


@click.group(
    cls=Groups,
    groups={
        "Measure": [run_command, capacity_command],
        "Look at stored runs": [
            stored.report_command,
            stored.compare_command,
            stored.runs_command,
            stored.trend_command,
            stored.schema_command,
        ],
        "Look around": [
            surroundings.list_command,
            surroundings.doctor_command,
            verify_command,
            models.models_command,
        ],
        "Servers": [surroundings.serve_command, surroundings.clean_command],
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="stackduel")
def commands() -> None:
    """Should this Python service move to another stack, and what would it gain?

    Measures the same endpoints on different frameworks and servers, and says how much faster and why.
    """
