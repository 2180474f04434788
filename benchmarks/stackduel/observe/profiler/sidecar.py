"""py-spy in a container of its own, which shares the process namespace of the server's container.

The server's container stays as it is measured: no capability, no package more. Only the sidecar may trace processes
(SYS_PTRACE), as its only capability; it has no network, and a file system that cannot be written.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Self

from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.confinement import PIDS_LIMIT, limits
from stackduel.containers.engine import ENGINE_ERRORS, connect, explained
from stackduel.containers.images import ensure_image
from stackduel.containers.ownership import discard, labels
from stackduel.containers.recipes import profiler_recipe
from stackduel.observe.profiler import sampler
from stackduel.observe.profiler.sampler import (
    ATTACHED_WITHIN_S,
    ENDED_WITHIN_S,
    MOST_RECORDED_BYTES,
    SAMPLING,
    PySpyCommand,
    SamplerError,
)

MEMORY_MIB = 1024
LOOK_EVERY_S = 0.1
# The first process of a namespace is that of the server's container.
FIRST = 1
# py-spy speaks on standard output, and records on standard error: there is nothing else on it.
RECORDING = b'{"$schema"'
REMEDY = "The engine or the kernel forbids it in spite of SYS_PTRACE: see kernel.yama.ptrace_scope (3 allows nobody)."


@dataclass(frozen=True, slots=True)
class SidecarPlace:
    """The run that a sidecar belongs to, the cores that it may use, and what shows a line."""

    run_id: str
    cores: tuple[int, ...]
    say: Callable[[str], None]


class SidecarSampler:
    """Samples all processes of a container from another one."""

    def __init__(self, container_id: str, command: PySpyCommand, place: SidecarPlace) -> None:
        self._container_id = container_id
        self._command = command
        self._place = place
        self._left = ExitStack()
        self._stopped = False
        self.said = ""

    def __enter__(self) -> Self:
        with ExitStack() as left:
            client = left.enter_context(closing(connect()))
            image = ensure_image(client, profiler_recipe(), self._place.say)
            self._container = self._created(client, image)
            left.callback(discard, self._container)
            with explained("starting py-spy beside the server's container"):
                self._container.start()
            self._await_samples()
            self._left = left.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._left.close()

    def stop(self) -> None:
        """Ask py-spy to end and to write what it has."""
        if not self._stopped:
            self._stopped = True
            with contextlib.suppress(*ENGINE_ERRORS):
                self._container.kill("SIGINT")

    def recording(self) -> bytes:
        """Return the recording once py-spy has ended; raises SamplerError if it wrote none."""
        self.stop()
        with explained("waiting for py-spy"):
            self._container.wait(timeout=ENDED_WITHIN_S)
            taken = bytearray()
            for piece in self._container.logs(stdout=False, stderr=True, stream=True, follow=False):
                taken += piece
                if len(taken) > MOST_RECORDED_BYTES:
                    raise SamplerError("the recording is too large: sample for less long")
            said: bytes = self._container.logs(stdout=True, stderr=False, tail=200)
        self.said = said.decode(errors="replace")
        begin = taken.find(RECORDING)
        if begin < 0:
            raise sampler.explained(taken.decode(errors="replace"), REMEDY)
        return bytes(taken[begin:])

    def _created(self, client: DockerClient, image: str) -> Container:
        command = self._command.arguments(FIRST, "/dev/stderr")
        with explained("making a container for py-spy"):
            return client.containers.create(
                image,
                command,
                pid_mode=f"container:{self._container_id}",
                labels=labels(self._place.run_id),
                **self._confinement(),
            )

    def _confinement(self) -> dict[str, Any]:
        return {
            # Only root's processes keep a capability that is added; it has no other one.
            "user": "0:0",
            "cap_drop": ["ALL"],
            "cap_add": ["SYS_PTRACE"],
            "security_opt": ["no-new-privileges:true"],
            "read_only": True,
            "network_mode": "none",
            "pids_limit": PIDS_LIMIT,
            "healthcheck": {"test": ["NONE"]},
            "log_config": {"type": "json-file", "config": {"max-size": "1g"}},
            "use_config_proxy": False,
            **limits(self._place.cores, MEMORY_MIB),
        }

    def _await_samples(self) -> None:
        """Return when py-spy samples; raises SamplerError if it has ended instead."""
        deadline = time.monotonic() + ATTACHED_WITHIN_S
        while time.monotonic() < deadline:
            with explained("asking for the container of py-spy"):
                self._container.reload()
                said: bytes = self._container.logs(tail=200)
            if self._container.status == "exited":
                raise sampler.explained(said.decode(errors="replace"), REMEDY)
            if SAMPLING.encode() in said:
                return
            time.sleep(LOOK_EVERY_S)
        raise SamplerError(f"py-spy did not attach within {ATTACHED_WITHIN_S:g} s")
