"""Every stack, really served, against every case of the contract."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from stackduel.verify.contract import cases as contract
from stackduel.verify.contract.case import Case, request_bytes
from stackduel.verify.contract.cases import cases_for
from stackduel.verify.contract.differences import differences
from stackduel_servers.registry import StackEntry
from tests.contract.served import Served
from tests.contract.together import of_all
from tests.contract.wire import ClosedError, connected

GROUPS = {
    "successes": contract.SUCCESSES,
    "queries": contract.QUERIES,
    "bad parameters": contract.BAD_PARAMETERS,
    "bad streams": contract.BAD_STREAMS,
    "bad chats": contract.BAD_CHATS,
    "methods": contract.METHODS,
    "paths": contract.PATHS,
    "forms": contract.FORMS,
}


# Cases that take longer are waited for in all stacks at once, and are nothing but waits.
LONG_S = 0.5


@pytest.fixture(scope="module")
def waited(fleet: Mapping[str, Served]) -> Mapping[str, Future[dict[str, list[str]]]]:
    """How each stack's answer to each long case differs from what it should be."""

    def ask_long(entry: StackEntry, served: Served) -> dict[str, list[str]]:
        return ask_all(served, [case for case in cases_of(entry) if case.takes_s >= LONG_S])

    return of_all(ask_long, fleet, at_once=len(fleet))


@pytest.mark.parametrize("group", GROUPS)
def test_every_stack_answers_as_the_contract_says(
    group: str, entry: StackEntry, served: Served, waited: Mapping[str, Future[dict[str, list[str]]]]
) -> None:
    """The stack gives each request of the group exactly the status, body and headers that all stacks give."""
    names = {case.name for case in GROUPS[group]}
    cases = [case for case in cases_of(entry) if case.name in names]
    found = waited[entry.name].result() | ask_all(served, [case for case in cases if case.takes_s < LONG_S])
    assert not {case.name: found[case.name] for case in cases if found[case.name]}


def cases_of(entry: StackEntry) -> tuple[Case, ...]:
    """All that a stack is asked."""
    return cases_for(entry.framework, own_errors=entry.own_errors)


def ask_all(served: Served, cases: Sequence[Case], *, at_once: int = 4) -> dict[str, list[str]]:
    """How each answer differs, by the name of its case."""
    with ThreadPoolExecutor(at_once) as threads:
        differing = threads.map(lambda case: exchange(served, case), cases)
        return {case.name: wrong for case, wrong in zip(cases, differing, strict=True)}


def exchange(served: Served, case: Case) -> list[str]:
    """How the server's answer to the case differs from what it should be."""
    with connected(served.port) as wire:
        started_s = time.perf_counter()
        wire.send(request_bytes(case))
        try:
            answer = wire.answer(case.method)
        except ClosedError:
            return [] if case.refusable else ["the connection was closed"]
        took_s = time.perf_counter() - started_s
    found = differences(case, answer.status, answer.headers, answer.body)
    return found if took_s >= case.takes_s else [*found, f"took only {took_s:.6f} s"]
