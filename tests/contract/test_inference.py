"""Every stack, really served, asked for every model in every form, rightly and wrongly."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.inference_cases import inference_cases
from servers.registry import Entry
from tests.contract.served import Served
from tests.contract.test_cases import exchange
from tests.contract.wire import connected

SPANS = ("app", "pre", "queue", "infer", "post")


@pytest.mark.parametrize("right", [True, False], ids=["good", "bad"])
def test_every_stack_answers_models_as_the_contract_says(*, right: bool, entry: Entry, served: Served) -> None:
    """Each model's numbers are those of the model itself within 1e-5, each error is the common one."""
    known = inference_cases(own_errors=entry.own_errors)
    if known.left_out and "models" in os.environ.get("STACKDUEL_REQUIRE", "").split(","):
        pytest.fail(f"models are required: {'; '.join(known.left_out)}")
    cases = [case for case in known.cases if (case.status == 200) == right]
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda case: exchange(served, case), cases))
    assert not {case.name: wrong for case, wrong in zip(cases, found, strict=True) if wrong}
    if known.left_out:
        pytest.skip("; ".join(known.left_out))


def test_an_answer_tells_where_its_time_went(entry: Entry, served: Served) -> None:
    """Server-Timing has every span of inference, and together they are the whole time in the service."""
    known = inference_cases()
    case = next((case for case in known.cases if case.name == "fast-cnn: float32"), None)
    if case is None:
        pytest.skip("; ".join(known.left_out))
    assert not exchange(served, case)
    from benchmarks.contract import request_bytes

    with connected(served.port) as wire:
        wire.send(request_bytes(case))
        answer = wire.answer()
    spent = {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([0-9.]+)", answer.header("Server-Timing") or "")}
    assert tuple(spent) == SPANS
    assert spent["infer"] > 0.5
    assert sum(spent.values()) == pytest.approx(float(answer.header("X-Process-Time") or 0), abs=0.01)
    assert (spent["queue"] > 0) == (entry.inference != "inline")
