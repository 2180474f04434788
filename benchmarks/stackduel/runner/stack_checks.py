"""Whether every stack answers as it must: each started in turn, its answers checked.

Stacks of the registry must keep the whole HTTP contract, and so must the user's own that say so; all of the user's own
must give the same answers to the requests of the user's file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from rich.console import Console

from stackduel.launch.launcher import Launcher, Started
from stackduel.model.counted import counted
from stackduel.model.errors import LaunchError
from stackduel.model.row_requests import requests_of
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.planning.planner import plan_verification
from stackduel.planning.registry import registered_stacks
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.shortfall import shortfall
from stackduel.planning.stacks_file import read_own_file
from stackduel.process.interrupts import as_keyboard_interrupt, go_on_interrupting
from stackduel.report.terminal.page import message
from stackduel.report.terminal.waiting import waiting
from stackduel.runner.launchers import launcher_for, running_stacks
from stackduel.runner.sandbox import Sandbox
from stackduel.storage.run_document import redaction_for
from stackduel.verify.at_once import Wait, ask_at_once
from stackduel.verify.contract.case import Case, request_bytes
from stackduel.verify.contract.cases import cases_for
from stackduel.verify.contract.database_cases import DATABASE_CASES
from stackduel.verify.contract.differences import differences
from stackduel.verify.contract.inference_cases import inference_cases
from stackduel.verify.contract.kserve_cases import kserve_cases, kserve_difference
from stackduel.verify.contract.music_cases import MUSIC_CASES
from stackduel.verify.exchange import ExchangeError, exchange_raw
from stackduel.verify.verification import Answers
from stackduel_servers.models.store import ModelError
from stackduel_servers.registry import StackEntry

SHOWN = 5


@dataclass(frozen=True, slots=True)
class StackCheck:
    """How many answers of a stack were checked, a sentence for each that is wrong, and what was compared by kind."""

    stack: Stack
    checked: int
    wrong: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The result in a line, and the first of the sentences."""
        result = f"{len(self.wrong)} WRONG" if self.wrong else f"{counted(self.checked, 'answer')} right"
        if self.wrong and not self.checked:
            result = "NOT CHECKED"
        lines = [f"{self.stack.name}: {result}", *(f"  {sentence}" for sentence in self.wrong[:SHOWN])]
        more = [f"  and {len(self.wrong) - SHOWN} more"] if len(self.wrong) > SHOWN else []
        return [*lines, *more, *(f"  {note}" for note in self.notes)]


def check_stacks(options: RunOptions, console: Console, err: Console) -> list[StackCheck]:
    """Start and check each stack in turn, print the results, and return them; raises FieldError."""
    plan = plan_verification(options, running_stacks(options))
    requests = read_own_file(Path(options.stacks_file)).requests if options.stacks_file else {}
    checks = []
    with (
        as_keyboard_interrupt(),
        tempfile.TemporaryDirectory(prefix="stackduel-") as folder,
        launcher_for(plan, "verify", Path(folder), lambda text: message(err, text)) as launcher,
    ):
        for sentence in _left_out(options, plan):
            message(console, sentence)
        for check in _checks(plan, launcher, requests, err):
            for line in check.lines:
                message(console, line)
            checks.append(check)
    return checks


def _left_out(options: RunOptions, plan: RunPlan) -> Iterator[str]:
    """Yield the stacks that the user did not name, and the cases, that cannot run here, with the reason."""
    if options.stacks is None and options.stacks_file is None and options.launcher == "local":
        yield from (f"left out: {why}" for stack in registered_stacks().values() if (why := shortfall(stack)))
    if any(isinstance(stack.source, Registered) or stack.contract for stack in plan.stacks.values()):
        yield from (f"left out, as it does not run here: {case}" for case in inference_cases().left_out)


def _checks(plan: RunPlan, launcher: Launcher, requests: Mapping[str, Workload], err: Console) -> Iterator[StackCheck]:
    timeout_s, redaction = plan.options.timeout_s, redaction_for(plan.secrets, plan.suite, plan.stacks)
    answers = Answers(timeout_s, redaction=redaction, setup=plan.suite.setup or ())
    sandbox = Sandbox(launcher)
    # The baseline's answers are the right ones, wherever it stands in the file.
    for number, name in enumerate(sorted(plan.stacks, key=lambda name: name != plan.baseline), 1):
        with waiting(err, f"{number} of {len(plan.stacks)}: {name}"):
            check = sandbox.made_whole(partial(_check, plan.stacks[name], launcher, requests, answers, timeout_s))
        yield replace(check, wrong=redaction.words(check.wrong))


def _check(
    stack: Stack, launcher: Launcher, requests: Mapping[str, Workload], answers: Answers, timeout_s: float
) -> StackCheck:
    """Start a stack and check its answers."""
    try:
        with launcher.start(stack) as started:
            match stack.source:
                case Registered(entry) if entry.protocol == "stackduel":
                    cases = _cases(entry.contract, entry.framework, own_errors=entry.own_errors)
                    return _check_contract(stack, cases, started.address, timeout_s)
                case Registered(entry):
                    return _check_models(stack, entry, started.address, timeout_s)
                case _ if stack.contract:
                    kept = _check_contract(stack, _cases(stack.contract), started.address, timeout_s)
                    return _both(kept, _check_requests(stack, requests, started, answers)) if requests else kept
                case _:
                    return _check_requests(stack, requests, started, answers)
    except LaunchError as error:
        go_on_interrupting(error)
        return StackCheck(stack, 0, (str(error),))


def _check_contract(stack: Stack, cases: Sequence[Case], address: Address, timeout_s: float) -> StackCheck:
    """Check every case of the HTTP contract that the stack keeps."""
    wrong = ask_at_once([partial(_differences, case, address, timeout_s) for case in cases], 2 * timeout_s)
    sentences = (
        [f"{case.name}: not answered"] if each is None else each for case, each in zip(cases, wrong, strict=True)
    )
    return StackCheck(stack, len(cases), tuple(chain.from_iterable(sentences)))


def _cases(contract: str, framework: str | None = None, *, own_errors: bool = False) -> tuple[Case, ...]:
    """Return all cases of a contract, for a framework of ours or of the user's."""
    if contract == "music":
        return MUSIC_CASES
    if contract == "database":
        return DATABASE_CASES
    inference = inference_cases(own_errors=own_errors)
    return (*cases_for(framework, own_errors=own_errors), *inference.cases)


def _both(contract: StackCheck, requests: StackCheck) -> StackCheck:
    """Return one check of the contract's cases and of the user's requests."""
    checked, wrong = contract.checked + requests.checked, (*contract.wrong, *requests.wrong)
    return StackCheck(contract.stack, checked, wrong, (*contract.notes, *requests.notes))


def _check_models(stack: Stack, entry: StackEntry, address: Address, timeout_s: float) -> StackCheck:
    """Check a server that only has models; over gRPC only that it is ready, which its start has shown."""
    if entry.protocol != "kserve":
        return StackCheck(stack, 0, ())
    try:
        cases = kserve_cases()
    except ModelError as error:
        return StackCheck(stack, 0, (str(error),))
    wrong = (kserve_difference(case, address, timeout_s) for case in cases)
    return StackCheck(stack, len(cases), tuple(sentence for sentence in wrong if sentence))


def _check_requests(stack: Stack, requests: Mapping[str, Workload], started: Started, answers: Answers) -> StackCheck:
    """Check that a stack of the user's answers the requests of the user's file as the stacks before it did."""
    asked = [request for workload in requests.values() for request in requests_of(workload)]
    wrong = answers.check(stack.name, started.address, asked, stack.protocol, started)
    return StackCheck(stack, len(asked), wrong, answers.take_notes())


def _differences(case: Case, address: Address, timeout_s: float, wait: Wait) -> list[str]:
    try:
        reply = exchange_raw(address, request_bytes(case), case.method, timeout_s, wait.called_off)
    except ExchangeError as error:
        return [] if case.refusable else [f"{case.name}: {error}"]
    return [f"{case.name}: {each}" for each in differences(case, reply.status, reply.headers, reply.body)]
