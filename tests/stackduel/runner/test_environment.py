"""What a run's record says of where it was measured."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from stackduel.model.environment import Environment
from stackduel.model.run_options import RunOptions
from stackduel.planning.preparation import prepare
from stackduel.runner.environment import UNOBSERVED_NOTE, environment


@pytest.mark.parametrize(
    ("device", "gpus", "noted"),
    [
        ("cuda", [], True),
        ("torch-cuda", [], True),
        ("cuda", ["Fake 100"], False),
        ("cpu", [], False),
        (None, [], False),
    ],
)
def test_the_device_is_told_and_a_gpu_that_nobody_saw_is_noted(
    device: str | None, gpus: list[str], noted: bool
) -> None:
    """The device stands in the record, and a run on a GPU without NVML says that its figures are missing."""
    options = RunOptions(device="cpu")
    launcher: Any = SimpleNamespace(name="local", facts=dict)
    machine = Environment(gpus=tuple(gpus))
    found = environment(options, replace(prepare(options, 1), device=device), launcher, machine)
    assert (found.device, found.gpus) == (device, tuple(gpus))
    assert (UNOBSERVED_NOTE in found.notes) is noted
