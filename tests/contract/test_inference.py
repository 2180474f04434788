"""Every stack, really served, asked for every model in every form, rightly and wrongly."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path

import pytest

from stackduel.verify.contract.case import Case, request_bytes
from stackduel.verify.contract.differences import differences
from stackduel.verify.contract.inference_cases import inference_cases
from stackduel_servers.registry import StackEntry
from tests.contract.conftest import ENTRIES
from tests.contract.served import Served
from tests.contract.served import served as running
from tests.contract.test_cases import ask_all, exchange
from tests.contract.together import of_all
from tests.contract.wire import WireAnswer, connected
from tests.contract.wire import ask as ask_path

SPANS = ("app", "pre", "queue", "infer", "post")


@pytest.fixture(scope="module")
def found(fleet: Mapping[str, Served]) -> Mapping[str, Future[dict[str, list[str]]]]:
    """How each stack's answer to each case differs from what it should be."""
    inference_cases()  # asks the models once, and no thread waits for another's asking

    def ask_models(entry: StackEntry, served: Served) -> dict[str, list[str]]:
        return ask_all(served, inference_cases(own_errors=entry.own_errors).cases, at_once=2)

    return of_all(ask_models, fleet, at_once=2)


@pytest.mark.parametrize("right", [True, False], ids=["good", "bad"])
def test_every_stack_answers_models_as_the_contract_says(
    *, right: bool, entry: StackEntry, found: Mapping[str, Future[dict[str, list[str]]]]
) -> None:
    """Each model's numbers are those of the model itself within 1e-5, each error is the common one."""
    known = inference_cases(own_errors=entry.own_errors)
    if known.left_out and "models" in os.environ.get("STACKDUEL_REQUIRE", "").split(","):
        pytest.fail(f"models are required: {'; '.join(known.left_out)}")
    differing = found[entry.name].result()
    names = [case.name for case in known.cases if (case.status == 200) == right]
    assert not {name: differing[name] for name in names if differing[name]}
    if known.left_out:
        pytest.skip("; ".join(known.left_out))


def test_an_answer_tells_where_its_time_went(entry: StackEntry, served: Served) -> None:
    """Server-Timing has every span of inference, and together they are the whole time in the service."""
    known = inference_cases()
    case = next((case for case in known.cases if case.name == "fast-cnn: float32"), None)
    if case is None:
        pytest.skip("; ".join(known.left_out))
    assert not exchange(served, case)
    with connected(served.port) as wire:
        wire.send(request_bytes(case))
        answer = wire.answer()
    spent = {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([0-9.]+)", answer.header("Server-Timing") or "")}
    assert tuple(spent) == SPANS
    assert spent["infer"] > 0.5
    assert sum(spent.values()) == pytest.approx(float(answer.header("X-Process-Time") or 0), abs=0.01)
    assert (spent["queue"] > 0) == (entry.inference != "inline")


# Sent before any answer is read, so that the queue is full however slowly this machine sends.
AT_ONCE = 48
ROUNDS = 4


@pytest.mark.parametrize("name", ["flask-gunicorn-batched", "quart-hypercorn-batched", "fastapi-uvicorn-executor"])
def test_overload_and_deadlines_over_the_wire(name: str, tmp_path: Path) -> None:
    """With one thread, a short queue and a short patience: 200, 503 with Retry-After and 504, and nothing else."""
    known = inference_cases()
    case = next((case for case in known.cases if case.name == "speaker: WAV"), None)
    if case is None or name not in {entry.name for entry in ENTRIES}:
        pytest.skip("; ".join(known.left_out) or f"{name} does not run here")
    environ = {"POOL": "1", "QUEUE_SIZE": "12", "INFERENCE_TIMEOUT_S": "0.02"}
    with running(name, tmp_path, {**environ, **({} if "executor" in name else {"BATCH_SIZE": "2"})}) as server:
        answers = [answer for _ in range(ROUNDS) for answer in asked_at_once(server, case)]
        assert {answer.status for answer in answers} <= {200, 503, 504}
        for answer in answers:
            if answer.status == 503:
                assert answer.body == b'{"error":"inference is full: 12 requests wait already"}'
                assert answer.header("Retry-After") == "1"
            elif answer.status == 504:
                assert answer.body == b'{"error":"inference too slow: no result within 0.02 s"}'
            else:
                assert not differences(case, answer.status, answer.headers, answer.body)
        assert {503, 504} <= {answer.status for answer in answers}
        assert ask_path(server.port, "/health").status == 200


def asked_at_once(server: Served, case: Case) -> list[WireAnswer]:
    """The answers to one request on many connections."""
    with ExitStack() as stack:
        wires = [stack.enter_context(connected(server.port)) for _ in range(AT_ONCE)]
        for wire in wires:
            wire.send(request_bytes(case))
        return [wire.answer() for wire in wires]
