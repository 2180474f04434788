"""The confinement of every container."""

from __future__ import annotations

import pytest

from stackduel.containers.confinement import ANY_IMAGE, OWN_IMAGE, in_engine_cores, limits
from stackduel.containers.engine import parse_facts
from stackduel.model.budget import divide
from stackduel.model.errors import LaunchError


def test_every_image_is_confined_and_ours_the_most() -> None:
    """A user's image differs from ours in its user and its writable root alone."""
    assert set(OWN_IMAGE) - set(ANY_IMAGE) == {"user", "read_only", "tmpfs"}
    assert all(OWN_IMAGE[name] == value for name, value in ANY_IMAGE.items())
    assert ANY_IMAGE["cap_drop"] == ["ALL"]


def test_limits_leave_no_swap() -> None:
    """Memory and memory with swap are the same, so that no stack is slowed by swapping instead of failing."""
    assert limits((0, 2), 512) == {"cpuset_cpus": "0,2", "mem_limit": "512m", "memswap_limit": "512m"}


def test_a_virtual_machine_s_cores_are_counted_anew() -> None:
    """Docker Desktop's machine has cores of its own; an engine on this machine has this machine's."""
    budget = divide((4, 5, 6, 7), 512)
    native = parse_facts({"NCPU": 2}, "1.47", "http+docker://localhost")
    desktop = parse_facts({"NCPU": 2, "OperatingSystem": "Docker Desktop"}, "1.47", "http+docker://localhost")
    assert in_engine_cores(budget, native) == budget
    assert in_engine_cores(budget, desktop) == divide((0, 1), 512)
    shared = divide((4, 5, 6, 7), 512, shared=True)
    assert in_engine_cores(shared, desktop) == divide((0, 1), 512, shared=True)
    one = divide((4, 5, 6, 7), 512, asked=1)
    assert in_engine_cores(one, desktop) == divide((0, 1), 512, asked=1)
    with pytest.raises(
        LaunchError, match="Docker's virtual machine has 2 cores, and one is the generator's; give it 3"
    ):
        in_engine_cores(divide((4, 5, 6, 7), 512, asked=2), desktop)
