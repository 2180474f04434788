"""Triton's command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackduel_servers.triton.installation import Installation

# How long requests in flight may take when the server is stopped.
GRACE_S = 2


def flags(
    installation: Installation,
    repository: Path,
    models: Sequence[str],
    *,
    loaders: int,
    host: str,
    http_port: int | None,
    grpc_port: int | None,
    shared_memory: str,
    has_gpu: bool,
) -> tuple[str, ...]:
    """Return the command line that serves ``models`` on these ports; the server is ready only when all models are.

    ``loaders`` models load at once, no more than there are CPUs: a loader without CPU time holds a lock too long, and
    the server aborts. ``shared_memory`` is the prefix of its segments' names. Without a GPU, the search for one would
    fill the log.
    """
    return (
        str(installation.executable),
        f"--model-repository={repository}",
        f"--backend-directory={installation.backends}",
        f"--backend-config=python,shm-region-prefix-name={shared_memory}",
        "--model-control-mode=explicit",
        *(f"--load-model={model}" for model in models),
        f"--model-load-thread-count={loaders}",
        "--disable-auto-complete-config",
        "--strict-readiness=true",
        *_listening("http", host, http_port),
        *_listening("grpc", host, grpc_port),
        "--allow-metrics=false",
        *(() if has_gpu else ("--allow-gpu-metrics=false",)),
        "--log-verbose=0",
        "--log-info=false",
        f"--exit-timeout-secs={GRACE_S}",
    )


def _listening(protocol: str, host: str, port: int | None) -> tuple[str, ...]:
    if port is None:
        return (f"--allow-{protocol}=false",)
    return (f"--allow-{protocol}=true", f"--{protocol}-address={host}", f"--{protocol}-port={port}")
