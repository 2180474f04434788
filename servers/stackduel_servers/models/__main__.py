"""``python -m stackduel_servers.models build [NAME...]``: for images, which lack the command line of stackduel."""

from __future__ import annotations

import argparse
import os
import sys

from stackduel_servers.models.build import build
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.store import ModelError


def main(arguments: list[str] | None = None) -> None:
    """Build models; exits with 1 if one cannot be built."""
    parser = argparse.ArgumentParser(prog="python -m stackduel_servers.models", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    builder = commands.add_parser("build", help="build or fetch models", allow_abbrev=False)
    builder.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(CATALOG)}; default: all")
    options = parser.parse_args(arguments)
    try:
        build(options.names, os.environ, _say)
    except ModelError as error:
        sys.stderr.write(f"stackduel_servers.models: {error}\n")
        sys.exit(1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
