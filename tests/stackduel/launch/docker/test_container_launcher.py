"""The container launcher's pure parts: why a container ended, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from stackduel.launch.docker import container_launcher, run_containers
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.docker.container_spec import own_environment, own_mounts
from stackduel.launch.docker.run_containers import RunContainers
from stackduel.launch.docker.server_container import why_ended
from stackduel.model.budget import divide
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Stack, Url
from stackduel.model.target import Address
from stackduel.planning.registry import registered_stacks, variant_of


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"Running": True, "Paused": False, "OOMKilled": False}, None),
        ({"Running": True, "Paused": True, "OOMKilled": False}, "its container is paused"),
        (
            {"Running": False, "Paused": False, "OOMKilled": True, "ExitCode": 137, "Error": ""},
            "its container ran out of memory and ended with exit status 137 (SIGKILL)",
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


# What `docker run --gpus all` asks of the engine.
EVERY_GPU = {"Driver": "", "Count": -1, "DeviceIDs": [], "Capabilities": [["gpu"]], "Options": {}}


class FakeContainers:
    """Notes how containers were made; ``refuses`` is what the engine says when one is started."""

    def __init__(self, refuses: str | None = None) -> None:
        self.made: list[dict[str, Any]] = []
        self.removed = 0
        self._refuses = refuses

    def create(self, image: str, command: object = None, **options: Any) -> Any:
        self.made.append({"image": image, **options})
        return SimpleNamespace(name="made", start=self._start, remove=self._remove)

    def _start(self) -> None:
        if self._refuses:
            raise docker.errors.APIError("500", explanation=self._refuses)

    def _remove(self, **_options: object) -> None:
        self.removed += 1


def engine_of(fake: FakeContainers) -> Any:
    """An engine that makes containers of that kind."""
    return SimpleNamespace(containers=fake, api=SimpleNamespace(api_version="1.41"))


def launcher_on(fake: FakeContainers, device: str | None, monkeypatch: pytest.MonkeyPatch) -> ContainerLauncher:
    """A launcher that was entered, over a fake engine that builds whatever image it is asked for."""
    launcher = ContainerLauncher(divide((0, 1)), "run", device=device)
    launcher._client = engine_of(fake)
    launcher._containers = RunContainers(launcher._client, "run", {}, "net", 512)
    inner = SimpleNamespace(inner_address=SimpleNamespace(url="http://downstream:8009"))
    launcher._downstream = inner  # type: ignore[assignment]
    monkeypatch.setattr(container_launcher, "ensure_image", lambda _client, recipe, _say: recipe.tag)
    monkeypatch.setattr(run_containers, "server_in", lambda *_arguments, **_how: "server")
    monkeypatch.setattr(run_containers, "wait_until_healthy", lambda *_arguments: None)
    return launcher


@pytest.mark.parametrize(
    ("device", "asked", "image"),
    [
        ("cuda", [EVERY_GPU], "stackduel/fastapi-uvicorn:gpu"),
        ("cpu", None, "stackduel/fastapi-uvicorn:run"),
        (None, None, "stackduel/fastapi-uvicorn:run"),
    ],
)
def test_a_stack_on_cuda_gets_the_gpus_and_the_image_with_cuda(
    device: str | None, asked: object, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is asked for its GPUs as by --gpus all, and the server is told what to compute on."""
    fake = FakeContainers()
    launcher = launcher_on(fake, device, monkeypatch)
    with launcher.start(registered_stacks()["fastapi-uvicorn"]):
        (made,) = fake.made
    assert (made.get("device_requests"), made["image"]) == (asked, image)
    assert made["environment"].get("INFERENCE_DEVICE") == device


def test_a_variant_runs_in_its_stack_s_image_with_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container of a variant gets its variables; the image is the one of the registry's stack."""
    fake = FakeContainers()
    launcher = launcher_on(fake, None, monkeypatch)
    with launcher.start(variant_of(registered_stacks()["fastapi-uvicorn"], "slow-loop", {"LOOP": "asyncio"})):
        (made,) = fake.made
    assert (made["image"], made["environment"]["LOOP"]) == ("stackduel/fastapi-uvicorn:run", "asyncio")
