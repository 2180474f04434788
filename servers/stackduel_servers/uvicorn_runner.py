"""Uvicorn with a single worker under its own supervisor, which starts another one when that worker ends.

It takes Uvicorn's own command line, where ``--workers 1`` means the worker without a supervisor.
"""

from __future__ import annotations

import inspect
import sys

from uvicorn import Config
from uvicorn.main import main as command_line
from uvicorn.supervisors import Multiprocess


def main(arguments: list[str]) -> None:
    """Serve as the options say until SIGTERM or Ctrl-C."""
    given = command_line.make_context("uvicorn", arguments).params
    config = Config(**{name: given[name] for name in given.keys() & inspect.signature(Config).parameters.keys()})
    Multiprocess(config, sockets=[config.bind_socket()]).run()


if __name__ == "__main__":
    main(sys.argv[1:])
