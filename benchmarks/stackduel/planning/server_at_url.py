"""One server that runs already, by its URL alone."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.planning.own_secrets import OwnSecrets
from stackduel.planning.own_stack import parse_stack
from stackduel.planning.stacks_file import OwnFile

# The name under which reports show it.
SERVER = "server"


def at_url(options: RunOptions, own: OwnFile) -> tuple[RunOptions, OwnFile]:
    """Return the options and the user's file with the server of ``--url`` as the only stack; raises FieldError.

    The requests of the file stay. Options without a URL are returned as they are.
    """
    if options.url is None:
        return options, own
    if options.stacks not in {None, (SERVER,)}:
        raise FieldError("--url: cannot be combined with --stacks: it is the only server that is measured")
    table = {"url": options.url, "summary": "the server at the given URL"}
    stack = parse_stack("--url", SERVER, table, Path(), OwnSecrets(os.environ))
    return replace(options, stacks=(SERVER,)), replace(own, stacks={SERVER: stack})
