"""``python -m stackduel_servers.pillow build [NAME...]``: makes the environments of Pillow's builds."""

from __future__ import annotations

import argparse
import os
import sys

from stackduel_servers.pillow.builds import BUILDS, PillowError
from stackduel_servers.pillow.making import build


def main(arguments: list[str] | None = None) -> None:
    """Make environments; exits with 1 if one cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m stackduel_servers.pillow", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    builder = commands.add_parser("build", help="make environments", allow_abbrev=False)
    builder.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BUILDS)}; default: all")
    options = parser.parse_args(arguments)
    try:
        build(options.names, os.environ, _say)
    except PillowError as error:
        sys.stderr.write(f"stackduel_servers.pillow: {error}\n")
        sys.exit(1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
