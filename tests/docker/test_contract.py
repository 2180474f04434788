"""The contract in containers: the classic stacks, one of Granian and one of Django, over the published address."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.stack import Stack
from stackduel.model.target import Address
from stackduel.verify.contract.case import Case, request_bytes
from stackduel.verify.contract.cases import cases_for
from stackduel.verify.contract.differences import differences
from stackduel.verify.contract.inference_cases import inference_cases
from stackduel_servers.registry import load_registry
from tests.contract.wire import TIMEOUT_S, ClosedError, Wire

pytestmark = pytest.mark.docker

ENTRIES = load_registry().entries
STACKS = ("flask-gunicorn", "quart-hypercorn", "fastapi-uvicorn", "fastapi-granian", "django-gunicorn")


@pytest.mark.parametrize("name", STACKS)
def test_a_container_keeps_the_contract(launcher: ContainerLauncher, stacks: dict[str, Stack], name: str) -> None:
    """Every case of the endpoints and of the models has the answer that it has from a local process."""
    cases = (*cases_for(ENTRIES[name].framework), *inference_cases().cases)
    with launcher.start(stacks[name]) as started, ThreadPoolExecutor(4) as threads:
        address = started.address
        found = list(threads.map(lambda case: exchange(address, case), cases))
    assert len(found) > 200
    assert not {case.name: wrong for case, wrong in zip(cases, found, strict=True) if wrong}


def exchange(address: Address, case: Case) -> list[str]:
    """How the answer of the server in the container differs from what it should be."""
    with socket.create_connection((address.host, address.port), timeout=TIMEOUT_S) as connection:
        wire = Wire(connection)
        wire.send(request_bytes(case))
        try:
            answer = wire.answer(case.method)
        except ClosedError:
            return [] if case.refusable else ["the connection was closed"]
    return differences(case, answer.status, answer.headers, answer.body)
