"""Attaching to what others started: a compose project's containers, and addresses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.ownership import STACK_LABEL
from stackduel.containers.recipes import ROOT
from stackduel.launch.compose.compose_launcher import ComposeLauncher
from stackduel.launch.compose.compose_project import (
    FOLDER_LABEL,
    ONE_OFF_LABEL,
    PROJECT_LABEL,
    SERVICE_LABEL,
    cores_of,
    downstream_container,
    published_port,
    stack_containers,
    unequal,
)
from stackduel.launch.url import UrlLauncher
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Image, Stack, Url
from stackduel.model.target import Address, Elsewhere
from stackduel.planning.registry import registered_stacks, variant_of


@dataclass
class FakeContainer:
    """A container with labels and published ports."""

    labels: dict[str, str]
    name: str = "it"
    bindings: dict[str, Any] = field(default_factory=dict)
    cpuset: str = ""
    env: tuple[str, ...] = ()

    @property
    def attrs(self) -> dict[str, Any]:
        host = {"PortBindings": self.bindings, "CpusetCpus": self.cpuset}
        return {"HostConfig": host, "Config": {"Env": list(self.env)}}


def container(stack: str, project: str = "shop", folder: Path = ROOT, one_off: str = "False") -> FakeContainer:
    labels = {STACK_LABEL: stack, PROJECT_LABEL: project, FOLDER_LABEL: str(folder), ONE_OFF_LABEL: one_off}
    return FakeContainer(labels)


def service(name: str, project: str = "shop", one_off: str = "False") -> FakeContainer:
    """A container of a service that is no stack."""
    return FakeContainer({SERVICE_LABEL: name, PROJECT_LABEL: project, ONE_OFF_LABEL: one_off})


@dataclass
class FakeContainers:
    """The containers of the fake engine, found by labels."""

    all: list[FakeContainer]

    def list(self, *, filters: dict[str, list[str]], **_how: object) -> list[FakeContainer]:
        return [each for each in self.all if all(_has(each.labels, label) for label in filters["label"])]


def _has(labels: dict[str, str], wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    return name in labels and (not equals or labels[name] == value)


@dataclass
class FakeEngine:
    """As much of a Docker client as finding containers needs."""

    containers: FakeContainers


def engine(*containers: FakeContainer) -> DockerClient:
    return cast("DockerClient", FakeEngine(FakeContainers(list(containers))))


def test_the_project_of_this_checkout_is_found_by_its_folder() -> None:
    """Without a name, the project is the one that was started from here; one-off containers are none of it."""
    mine, other = container("flask-gunicorn"), container("flask-gunicorn", "elsewhere", Path("/other"))
    one_off = container("quart-hypercorn", one_off="True")
    found: dict[str, Any] = dict(stack_containers(engine(other, mine, one_off), None))
    assert found == {"flask-gunicorn": mine}


def test_a_project_is_found_by_its_name_wherever_it_was_started() -> None:
    """``--project`` needs no folder."""
    other = container("flask-gunicorn", "elsewhere", Path("/other"))
    found: dict[str, Any] = dict(stack_containers(engine(container("flask-gunicorn"), other), "elsewhere"))
    assert found == {"flask-gunicorn": other}


def test_the_downstream_is_that_of_the_stacks_project() -> None:
    """Neither another project's, nor one that somebody runs once; a project without any has none."""
    stack = container("flask-gunicorn")
    others = [service("downstream", project="elsewhere"), service("downstream", one_off="True"), service("database")]
    stacks = cast("dict[str, Container]", {"flask-gunicorn": stack})
    assert downstream_container(engine(stack, *others), stacks) is None
    mine = service("downstream")
    assert downstream_container(engine(stack, *others, mine), stacks) is cast("Container", mine)


@pytest.mark.parametrize(
    ("containers", "project", "sentence"),
    [
        ([], None, "start them first: docker compose up --build -d"),
        ([container("a")], "nope", "no containers of the project nope"),
        ([container("a", "one"), container("b", "two")], None, "--project one or two"),
        ([container("a"), container("a")], None, "a stack runs in several containers"),
    ],
    ids=["none", "unknown name", "two projects", "scaled"],
)
def test_an_unclear_project_is_an_error_that_says_what_to_do(
    containers: list[FakeContainer], project: str | None, sentence: str
) -> None:
    """Nothing is guessed: what is missing or doubled is named, with the way out."""
    with pytest.raises(LaunchError, match=sentence):
        stack_containers(engine(*containers), project)


def test_the_published_port_is_read_from_the_container() -> None:
    """The port inside comes from the engine; none or two of them are refused."""

    def port(*keys: str) -> int:
        fake = FakeContainer({}, bindings={key: [{}] for key in keys})
        return published_port(cast("Container", fake))

    assert port("8002/tcp") == 8002
    for keys in ((), ("1/tcp", "2/tcp")):
        with pytest.raises(LaunchError, match=f"it: publishes {len(keys)} ports"):
            port(*keys)


def test_unequal_limits_are_named() -> None:
    """A stack with more of anything than another is told, with both values; equal ones are not."""
    equal = {"CpusetCpus": "0", "Memory": 1}
    assert unequal({"a": equal, "b": dict(equal)}) == ()
    (sentence,) = unequal({"a": equal, "b": {"CpusetCpus": "0", "Memory": 2}})
    assert sentence == "The containers differ in Memory, which makes the comparison unfair: a 1, b 2."


Serve = Callable[..., AbstractContextManager[Address]]


def test_an_address_is_measured_where_it_answers(serve: Serve) -> None:
    """A URL that answers its health check is ready to be loaded, and nothing of it can be observed."""
    with (
        serve(lambda _request: (200, b"fine")) as address,
        UrlLauncher() as launcher,
        launcher.start(Stack("theirs", "rewrite", "", Url(address))) as started,
    ):
        assert started.address == address
        assert started.inner_address is None
        assert started.subject == Elsewhere()
        assert started.failure() is None


def test_an_address_that_does_not_answer_is_an_error(serve: Serve) -> None:
    """A server that is not healthy by the deadline is refused with its last answer."""
    with (
        serve(lambda _request: (503, b"")) as address,
        UrlLauncher(healthy_within_s=0.2) as launcher,
        pytest.raises(LaunchError, match=r"theirs: not healthy within 0\.2 s: GET /up answered 503"),
        launcher.start(Stack("theirs", "rewrite", "", Url(address), health="/up")),
    ):
        pass


def test_what_has_no_address_is_refused() -> None:
    """An image is nothing that a URL launcher could reach."""
    with (
        pytest.raises(LaunchError, match="mine: has no url"),
        UrlLauncher().start(Stack("mine", "rewrite", "", Image("shop:2", 8000, {}))),
    ):
        pass


def test_a_running_container_cannot_get_other_settings() -> None:
    """A variant is refused with the launcher that can start it."""
    variant = variant_of(registered_stacks()["fastapi-uvicorn"], "slow-loop", {"LOOP": "asyncio"})
    with pytest.raises(LaunchError, match="slow-loop: its container runs with its own settings; --launcher docker"):
        ComposeLauncher("run").start(variant).__enter__()


@pytest.mark.parametrize(
    ("cpuset", "cpus", "cores"),
    [("0", "1", 1), ("0-2,8", "4", 4), ("0,1", "1", None), ("", "1", None), ("0", "", None)],
)
def test_a_container_has_the_cores_that_its_workers_know_of(cpuset: str, cpus: str, cores: int | None) -> None:
    """Its cpuset counts only where ``CPUS``, which the workers follow, says the same."""
    each = FakeContainer({}, cpuset=cpuset, env=("PORT=8001", f"CPUS={cpus}"))
    assert cores_of(cast("Container", each)) == cores


def test_a_container_of_other_cores_is_refused_with_the_command_that_starts_it_right() -> None:
    """Its workers were counted when it started: --cores can only ask for what is there."""
    launcher = ComposeLauncher("run", cores=(0, 1))
    one = FakeContainer({}, cpuset="0", env=("CPUS=1",))
    launcher._containers = {"flask-gunicorn": cast("Container", one)}
    with pytest.raises(LaunchError, match=r"with 2 cores; start it so: STACKDUEL_CPUS=2 STACKDUEL_CPUSET=0,1 docker"):
        launcher._container_of(registered_stacks()["flask-gunicorn"])
    one.cpuset, one.env = "0,1", ("CPUS=2",)
    assert launcher._container_of(registered_stacks()["flask-gunicorn"]) is cast("Container", one)
