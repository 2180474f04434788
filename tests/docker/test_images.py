"""Images: every stack's runs, an unchanged one is not built again, a failing build shows why."""

from __future__ import annotations

import json

import pytest
from docker import DockerClient

from stackduel.containers.images import ensure_image, find_image, own_image
from stackduel.containers.recipes import server_recipe
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Stack
from stackduel.verify.contract.music_cases import ONE_MEASURE
from stackduel.verify.exchange import exchange
from stackduel_servers.registry import load_registry
from stackduel_servers.switches import applicable

pytestmark = pytest.mark.docker

# Triton and what it accompanies have tests of their own; of the music service one image is tested below.
STACKS = [
    name for name, entry in load_registry().entries.items() if entry.profile not in {"local", "triton", "service"}
]


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_s_image_has_all_that_it_needs(
    launcher: ContainerLauncher, stacks: dict[str, Stack], name: str
) -> None:
    """Each stack answers from its own image, where nothing is installed but its own requirements."""
    with launcher.start(stacks[name]) as started:
        for path in ("/health", "/json?items=2", "/slow-io?delay=0", "/benchmark/io-test?delay=0.01&concurrent=2"):
            reply = exchange(started.address, path)
            assert reply.status == 200, reply.body


def test_the_music_service_s_image_holds_its_library(launcher: ContainerLauncher, stacks: dict[str, Stack]) -> None:
    """An image without models answers with music: its requirements are enough."""
    with launcher.start(stacks["service-fastapi"]) as started:
        reply = exchange(started.address, "/exercise?measures=1&key=Bb")
        assert (reply.status, reply.body) == (200, ONE_MEASURE)


def test_the_tuned_stack_has_its_switches_on_in_its_image(
    launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """All that the guide advises is in force in the container too, and installed: each worker answers with it."""
    tuned = {each.name for each in applicable(load_registry().entries["fastapi-tuned"]) if each.is_tuned}
    with launcher.start(stacks["fastapi-tuned"]) as started:
        health = json.loads(exchange(started.address, "/health").body)
        answer = exchange(started.address, "/json?items=2")
    assert {"uvloop", "httptools", "json", "recycling", "limit"} < tuned
    assert {health["settings"]["switches"][name] for name in tuned} == {"on"}
    assert health["loop"] == "uvloop"
    assert "x-process-time" in {name.lower() for name, _ in answer.headers}


def test_an_unchanged_image_is_not_built_again(client: DockerClient) -> None:
    """The second time nothing is said and nothing is done; other arguments are another content."""
    recipe = server_recipe("flask-gunicorn", "flask")
    first = ensure_image(client, recipe, lambda _line: None)
    said: list[str] = []
    assert ensure_image(client, recipe, said.append) == first
    assert said == []
    image = find_image(client, recipe.tag)
    assert image is not None
    assert image.id == first
    assert own_image(client) is not None


def test_a_build_that_fails_shows_its_last_lines(client: DockerClient) -> None:
    """The error names the image and what the build said; no image and no container is left of it."""
    containers = len(client.containers.list(all=True, ignore_removed=True))
    recipe = server_recipe("nope", "nope")
    with pytest.raises(LaunchError, match=r"(?s)building stackduel/nope:run failed:.*nope\.txt"):
        ensure_image(client, recipe, lambda _line: None)
    assert find_image(client, recipe.tag) is None
    assert len(client.containers.list(all=True, ignore_removed=True)) == containers
