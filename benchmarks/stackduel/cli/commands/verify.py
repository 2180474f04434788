"""``stackduel verify``: does every stack answer as it must?

Stacks of the registry are held to the whole HTTP contract; the user's own to giving the same answers to the requests of
the user's file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from stackduel.launch.launcher import Launcher
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.planning.preparation import Prepared, prepare_all
from stackduel.planning.registry import registered_stacks
from stackduel.planning.shortfall import shortfall
from stackduel.planning.stacks_file import read_own_file
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.report.terminal.page import message
from stackduel.report.terminal.waiting import waiting
from stackduel.runner.machinery import launcher_for, running_stacks
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
STACK_FAILED = 3


def verify(options: RunOptions, console: Console, err: Console) -> int:
    """Start each stack in turn and check it; returns the exit status: 3 if any stack that is no control differs."""
    prepared = prepare_all(options, running_stacks(options))
    requests = read_own_file(Path(options.stacks_file)).requests if options.stacks_file else {}
    with (
        as_keyboard_interrupt(),
        tempfile.TemporaryDirectory(prefix="stackduel-") as folder,
        launcher_for(options, prepared, "verify", Path(folder), _sayer(err)) as launcher,
    ):
        say = _sayer(console)
        for sentence in _left_out(options):
            say(f"left out: {sentence}")
        wrong = _wrong_stacks(prepared, launcher, requests, options.timeout_s, say, err)
    if all(prepared.stacks[name].is_control for name in wrong):
        return 0
    return STACK_FAILED


def _left_out(options: RunOptions) -> list[str]:
    """Why the stacks are missing that nobody named and that cannot run here."""
    if options.stacks is not None or options.stacks_file or options.launcher != "local":
        return []
    return [sentence for stack in registered_stacks().values() if (sentence := shortfall(stack))]


def _wrong_stacks(
    prepared: Prepared,
    launcher: Launcher,
    requests: Mapping[str, Workload],
    timeout_s: float,
    say: Callable[[str], None],
    err: Console,
) -> list[str]:
    answers = Answers(timeout_s)
    wrong = []
    if any(isinstance(stack.source, Registered) for stack in prepared.stacks.values()):
        for sentence in inference_cases().left_out:
            say(f"left out, as it does not run here: {sentence}")
    for number, (name, stack) in enumerate(prepared.stacks.items(), 1):
        try:
            with (
                waiting(err, f"{number} of {len(prepared.stacks)}: {name}"),
                launcher.start(stack) as started,
            ):
                checked, found = _check(stack, started.address, requests, answers, timeout_s)
        except LaunchError as error:
            checked, found = 0, [str(error)]
        say(f"{name}: {f'{checked} answers right' if not found else f'{len(found)} WRONG'}")
        for sentence in found[:SHOWN]:
            say(f"  {sentence}")
        if len(found) > SHOWN:
            say(f"  and {len(found) - SHOWN} more")
        wrong += [name] if found else []
    return wrong


def _check(
    stack: Stack, address: Address, requests: Mapping[str, Workload], answers: Answers, timeout_s: float
) -> tuple[int, list[str]]:
    """How many answers were checked, and a sentence for each that is wrong."""
    if not isinstance(stack.source, Registered):
        if not requests:
            raise FieldError("--stacks-file: verify needs at least one of [[requests]] for your own stacks")
        try:
            answers.verify(stack.name, address, requests.values(), stack.protocol)
        except VerifyError as error:
            return len(requests), [str(error)]
        return len(requests), []
    entry = stack.source.entry
    if entry.protocol != "stackduel":
        return _check_models(entry, address, timeout_s)
    inference = inference_cases(own_errors=entry.own_errors)
    cases = (*cases_for(entry.framework, own_errors=entry.own_errors), *inference.cases)
    with ThreadPoolExecutor(CASES_AT_ONCE) as pool:
        found = pool.map(lambda case: _differences(case, address, timeout_s), cases)
        return len(cases), [sentence for each in found for sentence in each]


def _check_models(entry: StackEntry, address: Address, timeout_s: float) -> tuple[int, list[str]]:
    """The same of a server that has models and nothing else; over gRPC it has shown that it is ready, and no more."""
    if entry.protocol != "kserve":
        return 0, []
    try:
        cases = kserve_cases()
    except ModelError as error:
        return 0, [str(error)]
    found = (kserve_difference(case, address, timeout_s) for case in cases)
    return len(cases), [sentence for sentence in found if sentence]


def _differences(case: Case, address: Address, timeout_s: float) -> list[str]:
    try:
        reply = exchange_raw(address, request_bytes(case), case.method, timeout_s)
    except ExchangeError as error:
        return [] if case.refusable else [f"{case.name}: {error}"]
    return [f"{case.name}: {each}" for each in differences(case, reply.status, reply.headers, reply.body)]


def _sayer(console: Console) -> Callable[[str], None]:
    return lambda text: message(console, text)
