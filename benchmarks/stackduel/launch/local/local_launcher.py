"""Stacks as local processes, each under a guard that takes it down with us."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Self

from stackduel.application.interpreter_probe import ask_interpreter
from stackduel.application.stack_packages import question_of
from stackduel.launch.companion import Companion, StackWithCompanion, companion_of
from stackduel.launch.health import wait_until_healthy
from stackduel.launch.health_check import HealthCheck, health_check
from stackduel.launch.launcher import Started
from stackduel.launch.local import guard
from stackduel.launch.local.interpreters import started_by
from stackduel.launch.local.kept_log import MOST_BYTES, KeptLog
from stackduel.launch.local.local_process import LocalProcess
from stackduel.launch.local.ports import LOOPBACK, free_port, free_socket
from stackduel.launch.local.user_command import ends_well, environment_of, filled
from stackduel.launch.readiness import wait_until_ready
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import LOCALHOST, Command, OwnCompanion, Registered, Stack
from stackduel.model.target import Address, Subject
from stackduel.planning.command_lookup import lookup_hint
from stackduel.process.endings import how_it_ended
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel_servers import allocator
from stackduel_servers.core.streams.early_end import VARIABLE as STREAM_ENDS
from stackduel_servers.isolation import isolated_python
from stackduel_servers.models.device import VARIABLE
from stackduel_servers.models.store import FOLDER_VARIABLE as MODELS_FOLDER
from stackduel_servers.models.store import OWN_VARIABLE
from stackduel_servers.pillow.builds import FOLDER_VARIABLE as PILLOW_FOLDER
from stackduel_servers.serve import DOWNSTREAM
from stackduel_servers.start_variables import VARIABLES
from stackduel_servers.triton.installation import FOLDER_VARIABLE as TRITON_FOLDER
from stackduel_servers.triton.installation import VENDOR_VARIABLE

ALONE_WITHIN_S = 120.0
# Variables that stackduel_servers.serve reads; settings of the user's shell must not leak into a stack.
SERVE_VARIABLES = ("STACK", "HOST", "PORT", "CPUS", "TRITON_URL", "TRITON_MODELS", VARIABLE, STREAM_ENDS, *VARIABLES)
# The same for the database that ours use; a stack of the user's own may need them.
OF_DATABASES = frozenset({"DATABASE_URL", "DATABASE_POOL", "DATABASE_TIMEOUT_S"})

# Folders set in the user's shell, possibly relative to the user's working directory.
FOLDERS = (MODELS_FOLDER, PILLOW_FOLDER, TRITON_FOLDER, VENDOR_VARIABLE)


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
        redaction: Redaction = NO_SECRETS,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._budget = budget
        self._own_model = own_model
        self._logs = logs
        self._choose_port = choose_port
        self._device = device
        self._shared = ExitStack()
        self._downstream: LocalProcess | None = None
        self._started = 0
        self._redaction = redaction
        self._say = say
        self._floods: dict[str, str] = {}
        self._interpreters: dict[tuple[object, ...], InterpreterFacts] = {}

    def __enter__(self) -> Self:
        """Start the downstream that every stack calls."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self._start_downstream()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the downstream."""
        self._shared.close()

    @property
    def downstream(self) -> Subject | None:
        """The downstream's process tree."""
        return self._downstream.subject if self._downstream else None

    def downstream_log(self, lines: int) -> str:
        """Return the last lines that the downstream wrote."""
        return self._downstream.log_tail(lines) if self._downstream else ""

    @property
    def network(self) -> None:
        """None: its processes are on no containers' network."""
        return None

    def lost(self) -> LostPart | None:
        """Return the downstream if it has ended."""
        how = self._downstream.ending() if self._downstream else None
        return LostPart("the downstream", how) if how else None

    def restore(self) -> None:
        """Start the downstream again, on another port; stacks that run already would not find it."""
        self._shared.close()
        self._start_downstream()

    def _start_downstream(self) -> None:
        with ExitStack() as stack:
            cores, environment = self._budget.downstream, self._environment()
            self._downstream = stack.enter_context(
                self._process(DOWNSTREAM, _serve(DOWNSTREAM), environment, cores, HealthCheck(), self._logs)
            )
            self._shared = stack.pop_all()

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
        cores = self._budget.server[: stack.cores]
        environment = {**self._environment(), "CPUS": str(len(cores)), **variables}
        match stack.source:
            case Registered(entry, settings, python):
                if sys.platform not in entry.platforms:
                    raise LaunchError(
                        f"{stack.name}: does not run on {sys.platform}; --launcher docker runs it anywhere"
                    )
                # Gunicorn, Uvicorn and Hypercorn import from their working directory: it holds no module.
                own = {name: value for name, value in environment.items() if name not in OF_DATABASES}
                argv, folder, environment = _serve(entry.name, python), self._logs, {**own, **settings}
            case Command() as command:
                return self._of_user(stack, command, environment)
            case _:
                raise LaunchError(f"{stack.name}: an image or a URL needs --launcher docker or url")
        address, check = self._free_address(stack.name, stack.asked), health_check(stack)
        return self._process(stack.name, argv, environment, cores, check, folder, address)

    @contextmanager
    def companion(self, companion: OwnCompanion, command: Command) -> Iterator[LocalProcess]:
        """Start a companion of the user's on the downstream's cores, and wait until it is ready; raises LaunchError."""
        address = self._free_address(companion.name, Address("", 0, authority=LOCALHOST))
        environment = environment_of(command, self._environment(), address)
        cores, folder = self._budget.downstream, Path(command.folder)

        def run(words: tuple[str, ...]) -> bool:
            return ends_well([filled(word, address) for word in words], environment, folder)

        with self._process(companion.name, command.argv, environment, cores, None, folder, address) as process:
            wait_until_ready(companion, process, run)
            yield process

    def beside(
        self,
        name: str,
        words: Callable[[Address], tuple[str, ...]],
        check: HealthCheck,
        asked: Address,
        folder: Path,
    ) -> AbstractContextManager[LocalProcess]:
        """Start what stands beside a stack, on the downstream's cores, and wait for its health; raises LaunchError.

        ``words`` are its command at an address that is free. Its ``folder`` is removed once it has ended, whatever
        becomes of us.
        """
        address = self._free_address(name, asked)
        environment, cores = {**self._environment(), guard.REMOVED_AFTER: str(folder)}, self._budget.downstream
        return self._process(name, words(address), environment, cores, check, folder, address)

    @contextmanager
    def _of_user(self, stack: Stack, command: Command, environment: Mapping[str, str]) -> Iterator[LocalProcess]:
        """Start a command of the user's; if it fails, the error also says which program was found."""
        with ExitStack() as running:
            if command.uses_socket:
                address = replace(stack.asked, host=LOCALHOST, socket=running.enter_context(free_socket()))
            else:
                address = self._free_address(stack.name, stack.asked)
            started = self._process(
                stack.name,
                command.words,
                environment_of(command, environment, address),
                self._budget.server[: stack.cores],
                health_check(stack),
                Path(command.folder),
                address,
            )
            try:
                process = running.enter_context(started)
            except LaunchError as error:
                raise LaunchError(error.why, error.log, lookup_hint(command, environment) or "") from error
            yield process

    def _free_address(self, name: str, asked: Address) -> Address:
        return replace(asked, host=LOOPBACK, port=self._choose_port(name))

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
            raise LaunchError(f"{module[0]}: {how_it_ended(status)}\n{process.log_tail()}".rstrip())
        return log.path.read_text(encoding="utf-8", errors="replace")

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        """Return what the interpreter of a stack says of itself; None for a command that runs on no Python.

        Raises LaunchError if it does not answer.
        """
        started = started_by(stack, self._environment())
        if started is None:
            return None
        question = question_of(stack)
        asked = (started.command, started.key, question)
        if asked not in self._interpreters:
            self._interpreters[asked] = ask_interpreter(
                started.command, question, started.environ, started.folder
            ).facts
        return self._interpreters[asked]

    def facts(self) -> Mapping[str, object]:
        """Return how the budget is enforced on the processes."""
        pinned = hasattr(os, "sched_setaffinity")
        return {
            "cpu_limit": "affinity" if pinned else "none: this system cannot pin a process to a core",
            "memory_limit": "watched: a trial over the budget ends at once",
            **({"warnings": tuple(self._floods.values())} if self._floods else {}),
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
        check: HealthCheck | None,
        folder: Path | None = None,
        address: Address | None = None,
    ) -> Iterator[LocalProcess]:
        address = address or self._free_address(name, Address("", 0, authority=LOCALHOST))
        words = [filled(word, address) for word in argv]
        guarded, log = self._guarded(name, words, environment, cores, folder)
        process = LocalProcess(name, address, guarded, log)
        try:
            _ = process.subject
            if check is not None:
                wait_until_healthy(name, process, check)
            yield process
        finally:
            process.stop()
            self._report_flood(name, log)

    def _report_flood(self, name: str, log: KeptLog) -> None:
        """Report, once for each server, that a log was too long to be kept."""
        if log.left_out and name not in self._floods:
            self._floods[name] = (
                f"{name} wrote {log.written / 1e6:,.0f} MB of log; the files in {log.path.parent.name}/ keep its first "
                f"and its last {MOST_BYTES / 2e6:g} MB. Writing logs costs time: compare stacks that log alike."
            )
            self._say(self._floods[name])

    def _guarded(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        cores: tuple[int, ...],
        folder: Path | None = None,
    ) -> tuple[subprocess.Popen[bytes], KeptLog]:
        """Start a command under its guard; return the process and the log of all its output."""
        self._started += 1
        log = KeptLog(self._logs / f"{self._started:03d}-{name}.log", self._redaction)
        try:
            guarded = subprocess.Popen(
                [*isolated_python(), str(Path(guard.__file__)), ",".join(map(str, cores)), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        except BaseException:
            log.close()
            raise
        if guarded.stderr:
            log.follow(guarded.stderr)
        return guarded, log


def _serve(stack: str, python: PurePath | None = None) -> tuple[str, ...]:
    """Return the command line of a registered stack's server, or of the downstream; without ``python`` on our own."""
    own, *options = isolated_python()
    return (str(python or own), *options, "-m", "stackduel_servers.serve", stack, "--port", "{port}")
