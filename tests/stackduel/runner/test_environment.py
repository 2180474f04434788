"""The record of where a run was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.environment import Environment
from stackduel.model.target import Address
from stackduel.runner.environment import UNOBSERVED_NOTE, environment
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import FakeEngine, FakeLauncher, context_of, plan_of


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
    plan = replace(plan_of(run([])), device=device)
    launcher, engine = FakeLauncher(Address("127.0.0.1", 1)), FakeEngine(lambda _job: measurement([1.0]))
    found = environment(
        context_of(plan, launcher, engine, lambda _run: None), Environment(gpus=tuple(gpus)), Environment()
    )
    assert (found.device, found.gpus) == (device, tuple(gpus))
    assert (UNOBSERVED_NOTE in found.notes) is noted


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (Environment(), ("busy now",)),
        (Environment(python="CPython 3", notes=("busy first",)), ("busy first",)),
        (Environment(python="CPython 3"), ()),
    ],
)
def test_a_resumed_run_keeps_the_first_reading_of_its_host(before: Environment, kept: tuple[str, ...]) -> None:
    """A host that is busy when a run goes on was not busy before it began, and the other way round."""
    launcher, engine = FakeLauncher(Address("127.0.0.1", 1)), FakeEngine(lambda _job: measurement([1.0]))
    context = replace(context_of(plan_of(run([])), launcher, engine, lambda _run: None), notes=("busy now",))
    found = environment(context, Environment(), before)
    assert tuple(note for note in found.notes if note.startswith("busy")) == kept
