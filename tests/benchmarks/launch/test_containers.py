"""The container launcher's pure parts: why a container ended, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.budget import divide
from benchmarks.launch.base import LaunchError
from benchmarks.launch.containers import ContainerLauncher, own_environment, own_mounts
from benchmarks.launch.server_container import why_ended
from benchmarks.stacks import Command, Stack, Url
from benchmarks.target import Address


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"Running": True, "Paused": False, "OOMKilled": False}, None),
        ({"Running": True, "Paused": True, "OOMKilled": False}, "its container is paused"),
        (
            {"Running": False, "Paused": False, "OOMKilled": True, "ExitCode": 137, "Error": ""},
            "its container ran out of memory and ended with exit status 137",
        ),
        (
            {"Running": False, "Paused": False, "OOMKilled": False, "ExitCode": 3, "Error": ""},
            "its container ended with exit status 3",
        ),
        (
            {"Running": False, "Paused": False, "OOMKilled": False, "ExitCode": 127, "Error": "no such file"},
            "its container ended with exit status 127: no such file",
        ),
    ],
)
def test_why_a_container_ended(state: dict[str, Any], sentence: str | None) -> None:
    """A failure names the exit status, and the lack of memory where that was it."""
    assert why_ended(state) == sentence


@pytest.mark.parametrize(
    "source", [Command(("serve", "{port}"), {}, Path()), Url(Address("127.0.0.1", 80))], ids=["command", "url"]
)
def test_what_is_no_container_is_refused(source: Command | Url) -> None:
    """A command or an address cannot be given a container's limits, and the error says where it belongs."""
    launcher = ContainerLauncher(divide((0,)), "run")
    with pytest.raises(LaunchError, match="mine: a command or a URL needs --launcher local or url"):
        launcher.start(Stack("mine", "rewrite", "", source))


def test_the_user_s_model_is_seen_and_cannot_be_changed(tmp_path: Path) -> None:
    """At a place of its own that the environment names; without one nothing is mounted."""
    file = tmp_path / "mine.onnx"
    (mount,) = own_mounts(file)
    assert (mount["Source"], mount["Type"], mount["ReadOnly"]) == (str(file), "bind", True)
    assert own_environment(file) == {"STACKDUEL_OWN_MODEL": mount["Target"]}
    assert own_mounts(None) == ()
    assert own_environment(None) == {}
