"""Every stack, really served, against every case of the contract."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.contract import cases as contract
from benchmarks.contract.cases import Case, cases_for, differences, request_bytes
from servers.registry import Entry
from tests.contract.served import Served
from tests.contract.wire import ClosedError, connected

GROUPS = {
    "successes": contract.SUCCESSES,
    "queries": contract.QUERIES,
    "bad parameters": contract.BAD_PARAMETERS,
    "methods": contract.METHODS,
    "paths": contract.PATHS,
    "forms": contract.FORMS,
}


@pytest.mark.parametrize("group", GROUPS)
def test_every_stack_answers_as_the_contract_says(group: str, entry: Entry, served: Served) -> None:
    """The stack gives each request of the group exactly the status, body and headers that all stacks give."""
    names = {case.name for case in GROUPS[group]}
    cases = [case for case in cases_for(entry.framework, own_errors=entry.own_errors) if case.name in names]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda case: exchange(served, case), cases))
    assert not {case.name: wrong for case, wrong in zip(cases, found, strict=True) if wrong}


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
