"""``python -m servers.triton`` becomes the real server with our models; ``... install`` puts it here."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from servers.models.triton.repository import DEFAULT, MODELS, write
from servers.options import available_cpus
from servers.triton.flags import flags
from servers.triton.installation import Installation, TritonError, home_of, install, locate
from servers.triton.segments import prefix, remove_left

HTTP_PORT, GRPC_PORT = 8090, 8091
MODELS_VARIABLE = "TRITON_MODELS"
GPU = Path("/dev/nvidiactl")


def main(arguments: list[str] | None = None) -> None:
    """Install or serve; exits with 2 and one sentence where that cannot be."""
    options = _parser().parse_args(arguments)
    try:
        if options.action == "install":
            install(os.environ, _say)
        else:
            _serve(options)
    except (TritonError, OSError) as error:
        sys.stderr.write(f"servers.triton: {error}\n")
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m servers.triton", description="The real Triton with our models.")
    parser.add_argument("action", nargs="?", choices=("serve", "install"), default="serve")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--http-port", type=int, help=f"default: {HTTP_PORT}, unless --grpc-port alone is given")
    parser.add_argument("--grpc-port", type=int, help=f"default: {GRPC_PORT}, unless --http-port alone is given")
    parser.add_argument("--instances", type=int, default=available_cpus(), help="of each model; default: the CPUs")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _serve(options: argparse.Namespace) -> None:
    installation = locate(os.environ)
    remove_left()
    http_port, grpc_port = options.http_port, options.grpc_port
    if http_port is None and grpc_port is None:
        http_port, grpc_port = HTTP_PORT, GRPC_PORT
    argv = flags(
        installation,
        _repository(installation, options.instances),
        _models(),
        host=options.host,
        http_port=http_port,
        grpc_port=grpc_port,
        shared_memory=prefix(os.getpid()),  # it keeps this process's id
        has_gpu=GPU.exists(),
    )
    os.execve(argv[0], argv, _environment(installation))  # noqa: S606 - no shell, and nothing else of this process is needed


def _models() -> tuple[str, ...]:
    """The models that ``TRITON_MODELS`` names, separated by spaces."""
    names = tuple(os.environ.get(MODELS_VARIABLE, "").split()) or DEFAULT
    for name in names:
        if name not in MODELS:
            raise TritonError(f"{MODELS_VARIABLE} must name some of {', '.join(MODELS)}, not {name!r}")
    return names


def _repository(installation: Installation, instances: int) -> Path:
    """The written repository, beside the installation or, where that is read-only, among the temporary files."""
    home = home_of(os.environ)
    folder = home if os.access(home, os.W_OK) else Path(tempfile.mkdtemp(prefix="stackduel-triton-"))
    return write(folder / "repositories", instances, installation.packages)


def _environment(installation: Installation) -> dict[str, str]:
    if installation.libpython is None:
        return dict(os.environ)
    others = os.environ.get("LD_LIBRARY_PATH")
    folders = [str(installation.libpython), *([others] if others else [])]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)}


if __name__ == "__main__":
    main()
