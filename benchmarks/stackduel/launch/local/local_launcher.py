"""Stacks as local processes, each under a guard that takes it down with us."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Self

from stackduel.launch.companion import Companion, StackWithCompanion, companion_of
from stackduel.launch.health import HEALTHY_WITHIN_S, wait_until_healthy
from stackduel.launch.launcher import Started
from stackduel.launch.local import guard
from stackduel.launch.local.local_process import LocalProcess
from stackduel.launch.local.ports import LOOPBACK, free_port
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Registered, Stack
from stackduel.model.target import Address, Subject
from stackduel_servers import allocator
from stackduel_servers.isolation import isolated_python
from stackduel_servers.models.device import VARIABLE
from stackduel_servers.models.store import FOLDER_VARIABLE as MODELS_FOLDER
from stackduel_servers.models.store import OWN_VARIABLE
from stackduel_servers.serve import DOWNSTREAM
from stackduel_servers.triton.installation import FOLDER_VARIABLE as TRITON_FOLDER
from stackduel_servers.triton.installation import VENDOR_VARIABLE

ALONE_WITHIN_S = 120.0
# Variables that stackduel_servers.serve reads; settings of the user's shell must not leak into a stack.
SERVE_VARIABLES = (
    "STACK", "HOST", "PORT", "WORKERS", "THREADS", "CONNECTIONS", "LOOP", "BACKLOG", "CPUS", "TRITON_URL",
    "TRITON_MODELS", VARIABLE,
)  # fmt: skip

# Folders set in the user's shell, possibly relative to the user's working directory.
FOLDERS = (MODELS_FOLDER, TRITON_FOLDER, VENDOR_VARIABLE)


class LocalLauncher:
    """Starts registered stacks and the user's commands on this machine, on free ports of 127.0.0.1."""

    name = "local"

    def __init__(
        self,
        budget: Budget,
        logs: Path,
        choose_port: Callable[[str], int] = lambda _name: free_port(),
        own_model: Path | None = None,
        device: str | None = None,
    ) -> None:
        self._budget = budget
        self._own_model = own_model
        self._logs = logs
        self._choose_port = choose_port
        self._device = device
        self._shared = ExitStack()
        self._downstream: LocalProcess | None = None
        self._started = 0

    def __enter__(self) -> Self:
        """Start the downstream that every stack calls."""
        self._logs.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            cores, environment = self._budget.downstream, self._environment()
            self._downstream = stack.enter_context(
                self._process(DOWNSTREAM, _serve(DOWNSTREAM), environment, cores, "/health", self._logs)
            )
            self._shared = stack.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the downstream."""
        self._shared.close()

    @property
    def downstream(self) -> Subject | None:
        """The downstream's process tree."""
        return self._downstream.subject if self._downstream else None

    @property
    def network(self) -> None:
        """None: its processes are on no containers' network."""
        return None

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack on a free port; raises LaunchError with its log if it does not get healthy."""
        companion = companion_of(stack)
        return self._accompanied(stack, companion) if companion else self._alone(stack, {})

    @contextmanager
    def _accompanied(self, stack: Stack, companion: Companion) -> Iterator[StackWithCompanion]:
        """Start the companion, on the same cores, then the stack that calls it."""
        with (
            self._alone(companion.stack, companion.environment) as helper,
            self._alone(stack, {companion.url_variable: helper.address.url}) as server,
        ):
            yield StackWithCompanion(server, helper)

    def _alone(self, stack: Stack, variables: Mapping[str, str]) -> AbstractContextManager[LocalProcess]:
        environment = {**self._environment(), **variables}
        match stack.source:
            case Registered(entry):
                if sys.platform not in entry.platforms:
                    raise LaunchError(
                        f"{stack.name}: does not run on {sys.platform}; --launcher docker runs it anywhere"
                    )
                # Gunicorn, Uvicorn and Hypercorn import from their working directory: it holds no module.
                argv, folder = _serve(stack.name), self._logs
            case Command(argv, env, folder):
                environment |= env
            case _:
                raise LaunchError(f"{stack.name}: an image or a URL needs --launcher docker or url")
        return self._process(stack.name, argv, environment, self._budget.server, stack.health, folder)

    @property
    def budget(self) -> Budget:
        """The division of the cores."""
        return self._budget

    def alone(self, module: Sequence[str]) -> str:
        """Run a module of ours to its end on the server's cores, without a stack; return its output.

        Raises LaunchError with its last lines if it fails or does not end.
        """
        argv = (*isolated_python(), "-m", *module)
        guarded, log = self._guarded(
            "alone", argv, {**self._environment(), **allocator.ENVIRONMENT}, self._budget.server
        )
        process = LocalProcess("alone", Address(LOOPBACK, 0), guarded, log)
        try:
            status = guarded.wait(ALONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise LaunchError(f"{module[0]}: did not end within {ALONE_WITHIN_S:g} s") from None
        finally:
            process.stop()
        if status:
            raise LaunchError(f"{module[0]}: ended with exit status {status}\n{process.log_tail()}".rstrip())
        return log.read_text(encoding="utf-8", errors="replace")

    def facts(self) -> Mapping[str, object]:
        """Return how the budget is enforced on the processes."""
        pinned = hasattr(os, "sched_setaffinity")
        return {
            "cpu_limit": "affinity" if pinned else "none: this system cannot pin a process to a core",
            "memory_limit": "watched: a trial over the budget fails",
        }

    def _environment(self) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if key not in SERVE_VARIABLES}
        environment |= {"CPUS": str(len(self._budget.server)), "PYTHONUNBUFFERED": "1"}
        environment |= {name: str(Path(environment[name]).resolve()) for name in FOLDERS if environment.get(name)}
        if self._own_model:
            environment[OWN_VARIABLE] = str(self._own_model)
        if self._device:
            environment[VARIABLE] = self._device
        if self._downstream:
            environment["DOWNSTREAM_URL"] = self._downstream.address.url
        return environment

    @contextmanager
    def _process(
        self,
        name: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        cores: tuple[int, ...],
        health: str | None,
        folder: Path | None = None,
    ) -> Iterator[LocalProcess]:
        address = Address(LOOPBACK, self._choose_port(name))
        words = [word.replace("{port}", str(address.port)).replace("{host}", LOOPBACK) for word in argv]
        guarded, log = self._guarded(name, words, environment, cores, folder)
        process = LocalProcess(name, address, guarded, log)
        try:
            _ = process.subject
            wait_until_healthy(name, process, health, HEALTHY_WITHIN_S)
            yield process
        finally:
            process.stop()

    def _guarded(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        cores: tuple[int, ...],
        folder: Path | None = None,
    ) -> tuple[subprocess.Popen[str], Path]:
        """Start a command under its guard; return the process and the file of all its output."""
        self._started += 1
        log = self._logs / f"{self._started:03d}-{name}.log"
        with log.open("wb") as output:
            guarded = subprocess.Popen(
                [*isolated_python(), str(Path(guard.__file__)), ",".join(map(str, cores)), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(environment),
                cwd=folder,
                text=True,
                start_new_session=True,
            )
        return guarded, log


def _serve(stack: str) -> tuple[str, ...]:
    """Return the command line of a registered stack's server, or of the downstream."""
    return (*isolated_python(), "-m", "stackduel_servers.serve", stack, "--port", "{port}")
