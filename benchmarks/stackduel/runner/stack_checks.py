"""Whether every stack answers as it must: each started in turn, its answers checked.

Stacks of the registry must keep the whole HTTP contract; the user's own must give the same answers to the requests of
the user's file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from stackduel.launch.launcher import Launcher
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.planning.planner import plan_verification
from stackduel.planning.registry import registered_stacks
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.shortfall import shortfall
from stackduel.planning.stacks_file import read_own_file
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.report.terminal.page import message
from stackduel.report.terminal.waiting import waiting
from stackduel.runner.launchers import launcher_for, running_stacks
from stackduel.verify.contract.case import Case, request_bytes
from stackduel.verify.contract.cases import cases_for
from stackduel.verify.contract.differences import differences
from stackduel.verify.contract.inference_cases import inference_cases
from stackduel.verify.contract.kserve_cases import kserve_cases, kserve_difference
from stackduel.verify.exchange import ExchangeError, exchange_raw
from stackduel.verify.verification import Answers, VerifyError
from stackduel_servers.models.store import ModelError
from stackduel_servers.registry import StackEntry

CASES_AT_ONCE = 8
SHOWN = 5


@dataclass(frozen=True, slots=True)
class StackCheck:
    """How many answers of a stack were checked, and a sentence for each that is wrong."""

    stack: Stack
    checked: int
    wrong: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The result in a line, and the first of the sentences."""
        result = f"{len(self.wrong)} WRONG" if self.wrong else f"{self.checked} answers right"
        lines = [f"{self.stack.name}: {result}", *(f"  {sentence}" for sentence in self.wrong[:SHOWN])]
        return [*lines, f"  and {len(self.wrong) - SHOWN} more"] if len(self.wrong) > SHOWN else lines


def check_stacks(options: RunOptions, console: Console, err: Console) -> list[StackCheck]:
    """Start and check each stack in turn, print the results, and return them; raises FieldError."""
    plan = plan_verification(options, running_stacks(options))
    requests = read_own_file(Path(options.stacks_file)).requests if options.stacks_file else {}
    if not requests and any(not isinstance(stack.source, Registered) for stack in plan.stacks.values()):
        raise FieldError("--stacks-file: verify needs at least one of [[requests]] for your own stacks")
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
    if any(isinstance(stack.source, Registered) for stack in plan.stacks.values()):
        yield from (f"left out, as it does not run here: {case}" for case in inference_cases().left_out)


def _checks(plan: RunPlan, launcher: Launcher, requests: Mapping[str, Workload], err: Console) -> Iterator[StackCheck]:
    timeout_s = plan.options.timeout_s
    answers = Answers(timeout_s)
    for number, (name, stack) in enumerate(plan.stacks.items(), 1):
        try:
            with waiting(err, f"{number} of {len(plan.stacks)}: {name}"), launcher.start(stack) as started:
                match stack.source:
                    case Registered(entry) if entry.protocol == "stackduel":
                        check = _check_contract(stack, entry, started.address, timeout_s)
                    case Registered(entry):
                        check = _check_models(stack, entry, started.address, timeout_s)
                    case _:
                        check = _check_requests(stack, requests, started.address, answers)
        except LaunchError as error:
            check = StackCheck(stack, 0, (str(error),))
        yield check


def _check_contract(stack: Stack, entry: StackEntry, address: Address, timeout_s: float) -> StackCheck:
    """Check every case of the HTTP contract."""
    inference = inference_cases(own_errors=entry.own_errors)
    cases = (*cases_for(entry.framework, own_errors=entry.own_errors), *inference.cases)
    with ThreadPoolExecutor(CASES_AT_ONCE) as pool:
        wrong = pool.map(lambda case: _differences(case, address, timeout_s), cases)
        return StackCheck(stack, len(cases), tuple(sentence for each in wrong for sentence in each))


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


def _check_requests(stack: Stack, requests: Mapping[str, Workload], address: Address, answers: Answers) -> StackCheck:
    """Check that a stack of the user's answers the requests of the user's file as the stacks before it did."""
    try:
        answers.verify(stack.name, address, requests.values(), stack.protocol)
    except VerifyError as error:
        return StackCheck(stack, len(requests), (str(error),))
    return StackCheck(stack, len(requests), ())


def _differences(case: Case, address: Address, timeout_s: float) -> list[str]:
    try:
        reply = exchange_raw(address, request_bytes(case), case.method, timeout_s)
    except ExchangeError as error:
        return [] if case.refusable else [f"{case.name}: {error}"]
    return [f"{case.name}: {each}" for each in differences(case, reply.status, reply.headers, reply.body)]
