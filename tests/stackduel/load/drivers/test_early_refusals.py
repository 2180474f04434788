"""How many early refusals aiohttp hears: that depends on which comes first, so on a quiet machine."""

from __future__ import annotations

import pytest

from tests.stackduel.load.drivers.refusals import LOADS, SIZES, refusal, refusing, upload
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ScriptedServer


@pytest.mark.parametrize("size", SIZES)
def test_an_early_refusal_is_an_answer_to_aiohttp_too(size: int) -> None:
    """The other driver hears it as well, but where its own write fails before it has read: few are lost."""
    with ScriptedServer(refusing(refusal(b"413", b"Connection: close"), after_bytes=64)) as server:
        found = measure(job_for(server.address, LOADS[0], driver="aiohttp", workload=upload(size)))
    assert set(found.outcomes) <= {"status", "reset"}
    assert found.outcomes["status"] >= 50
