"""Starting the server: write its repository, make its command line, and replace this process with it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stackduel_servers.models.triton.repository import DEFAULT, MODELS, write
from stackduel_servers.options import available_cpus
from stackduel_servers.triton.flags import flags
from stackduel_servers.triton.installation import Installation, TritonError, home_of, locate
from stackduel_servers.triton.leftovers import prefix, remove_left

HTTP_PORT, GRPC_PORT = 8090, 8091
MODELS_VARIABLE = "TRITON_MODELS"
NONE = "none"
GPU = Path("/dev/nvidiactl")


def serve(host: str, http_port: int | None, grpc_port: int | None, instances: int | None) -> None:
    """Replace this process with the server, on both default ports if none is given; raises TritonError."""
    installation = locate(os.environ)
    models = models_of(os.environ)
    remove_left()
    if http_port is None and grpc_port is None:
        http_port, grpc_port = HTTP_PORT, GRPC_PORT
    count = instances or available_cpus()
    command = flags(
        installation,
        _repository(installation, count),
        models,
        loaders=count,
        host=host,
        http_port=http_port,
        grpc_port=grpc_port,
        shared_memory=prefix(os.getpid()),  # the server keeps this process's id
        has_gpu=GPU.exists(),
    )
    os.execve(command[0], command, _environment(installation))  # noqa: S606  # no shell; this process is not needed any more


def models_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the models to load, which ``TRITON_MODELS`` names, separated by spaces; raises TritonError."""
    names = tuple(environ.get(MODELS_VARIABLE, "").split()) or DEFAULT
    if names == (NONE,):
        return ()
    for name in names:
        if name not in MODELS:
            raise TritonError(f"{MODELS_VARIABLE} must be {NONE}, or some of {', '.join(MODELS)}, not {name!r}")
    return names


def _repository(installation: Installation, instances: int) -> Path:
    """Write the repository beside the installation or, if that is read-only, in a temporary folder."""
    home = home_of(os.environ)
    folder = home if os.access(home, os.W_OK) else Path(tempfile.mkdtemp(prefix="stackduel-triton-"))
    return write(folder / "repositories", instances, installation.packages)


def _environment(installation: Installation) -> dict[str, str]:
    if installation.libpython is None:
        return dict(os.environ)
    others = os.environ.get("LD_LIBRARY_PATH")
    folders = [str(installation.libpython), *([others] if others else [])]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)}
