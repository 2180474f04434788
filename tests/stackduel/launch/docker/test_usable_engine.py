"""The check of an engine before a run."""

from __future__ import annotations

import pytest

from stackduel.launch.docker.usable_engine import refuse_without_gpus
from stackduel.model.errors import LaunchError
from tests.stackduel.launch.docker.test_container_launcher import EVERY_GPU, FakeContainers, engine_of


def test_an_engine_without_gpus_is_told_before_anything_is_measured() -> None:
    """The engine's own words, what it takes, and no container left; on the CPU it is not even asked."""
    fake = FakeContainers('could not select device driver "" with capabilities: [[gpu]]')
    with pytest.raises(LaunchError, match=r"the engine says: could not select device driver .* Container Toolkit"):
        refuse_without_gpus(engine_of(fake), "image", {}, "cuda")
    assert (len(fake.made), fake.removed, fake.made[0]["device_requests"]) == (1, 1, [EVERY_GPU])
    refuse_without_gpus(engine_of(fake), "image", {}, "cpu")
    assert len(fake.made) == 1
    refuse_without_gpus(engine_of(willing := FakeContainers()), "image", {}, "cuda")
    assert willing.removed == 1
