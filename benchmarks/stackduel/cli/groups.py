"""All commands, in the groups in which the help shows them."""

from __future__ import annotations

import click

from stackduel.cli.help import LazyGroup

# Each command's own help begins with the same sentence (tests/stackduel/cli/test_groups.py).
GROUPS = {
    "Measure": {
        "run": "Measure SUITE: quick (the default), another one of stackduel list, or a .toml file.",
        "capacity": "Find the highest rate or the most streams that keep a service level, and replicas for a demand.",
        "ablate": ("Say what each switch of STACK does, with the published claims beside it; default: fastapi-tuned."),
        "tune": "Find the command that serves APP best: server, worker class, workers and threads.",
        "pr": "Say whether HEAD is slower than BASE on your own application, as a comment for a pull request.",
        "bisect": "Find the first commit after GOOD, up to BAD, that meets a condition of --fail-on.",
        "profile": "Say where the time of STACK goes under load: flamegraph, layers, widest functions.",
    },
    "Prepare": {
        "init": "Write a stackduel.toml for your application, with its command and routes, and check that it works.",
        "import": "Write a suite from recorded traffic (access logs, a HAR file) or from an OpenAPI document.",
    },
    "Look at stored runs": {
        "report": "Show a stored RUN again (a path, an id or latest), and write its reports anew.",
        "compare": "Say what changed from the stored run OLD to NEW (paths, ids, or latest~1 and latest).",
        "runs": "List the stored runs, the newest first.",
        "trend": "Show a suite's results over time, by default those of the newest run's suite.",
        "schema": "Print the JSON Schema of run.json.",
    },
    "Look around": {
        "list": "Show all suites and stacks, or all switches.",
        "doctor": "Say what this machine can and cannot measure.",
        "verify": "Start every stack and check that it answers as the contract says.",
        "models": "Show the models that stacks can serve, build them, or measure them alone.",
    },
    "Servers": {
        "serve": (
            "Run stacks as local processes on their own ports until Ctrl-C: the classic three, or those of --stacks."
        ),
        "clean": "Remove the containers and networks that killed runs left, and unpause containers they paused.",
    },
}
# A command's module has its name, except for what are Python's own names.
MODULES = {"list": "list_stacks", "import": "import_traffic"}


@click.group(
    cls=LazyGroup,
    groups=GROUPS,
    modules={name: f"stackduel.cli.{MODULES.get(name, name)}" for group in GROUPS.values() for name in group},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="stackduel")
def commands() -> None:
    """Should this Python service move to another stack, and what would it gain?

    Measures the same endpoints on different frameworks and servers, and says how much faster and why.
    """
