"""``python -m stackduel_servers.triton`` starts the real Triton with our models; ``... install`` installs it."""

from __future__ import annotations

import argparse
import os
import sys

from stackduel_servers.triton.installation import TritonError, install


def main(arguments: list[str] | None = None) -> None:
    """Install or serve; exits with 2 and one sentence if that is impossible."""
    options = _parser().parse_args(arguments)
    try:
        if options.action == "install":
            install(os.environ, _say)
        else:
            from stackduel_servers.triton.serving import serve  # noqa: PLC0415  # an image has no other module yet

            serve(options.host, options.http_port, options.grpc_port, options.instances)
    except (TritonError, OSError) as error:
        sys.stderr.write(f"stackduel_servers.triton: {error}\n")
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stackduel_servers.triton", description="The real Triton with our models."
    )
    parser.add_argument("action", nargs="?", choices=("serve", "install"), default="serve")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--http-port", type=int, help="default: 8090, unless --grpc-port alone is given")
    parser.add_argument("--grpc-port", type=int, help="default: 8091, unless --http-port alone is given")
    parser.add_argument("--instances", type=int, help="of each model; default: one for each CPU")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
