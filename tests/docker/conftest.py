"""A real engine, images for the tests to run, and nothing left behind by any of them."""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors
import pytest
from docker import DockerClient

from stackduel.containers.engine import connect
from stackduel.containers.images import ensure_pulled
from stackduel.containers.ownership import OWNER_LABEL, Owner
from stackduel.containers.recipes import ROOT, base_image, server_recipe
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.budget import Budget, divide
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Stack
from stackduel.planning.registry import registered_stacks
from stackduel.process.cores import usable_cores
from tests.conftest import ANY_HOST, unavailable
from tests.until import until

WITHIN_S = 30.0
# Two trials a stack; the second can be made to last until it is stopped.
SUITE = """
summary = "A test."
baseline = "flask-gunicorn"
stacks = ["flask-gunicorn", "fastapi-uvicorn"]
blocks = 1
[[scenario]]
name = "first"
path = "/slow-io?delay=0.01"
load = {{ connections = 4, duration_s = 0.3 }}
[[scenario]]
name = "second"
path = "/benchmark/io-test?delay=0.01&concurrent=2"
load = {{ connections = 4, duration_s = {duration_s} }}
"""


MINE = Owner.parse(Owner.current().label)


def run_id() -> str:
    """An id for a run of a test."""
    return f"test-{secrets.token_hex(4)}"


def left_behind(client: DockerClient) -> list[str]:
    """The containers and networks of runs that are this process's, or that have ended."""
    containers = client.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True)
    networks = client.networks.list(filters={"label": OWNER_LABEL})
    found = {str(each.name): each.labels[OWNER_LABEL] for each in containers}
    found |= {str(each.name): (each.attrs or {})["Labels"][OWNER_LABEL] for each in networks}
    owners = {name: Owner.parse(label) for name, label in found.items()}
    return [name for name, owner in owners.items() if owner == MINE or not owner.is_alive()]


@pytest.fixture(scope="session")
def client() -> Iterator[DockerClient]:
    """The engine, or a skip that says why there is none."""
    try:
        engine = connect()
    except LaunchError as error:
        unavailable("docker", str(error))
        raise
    with closing(engine):
        try:
            ensure_pulled(engine, base_image(server_recipe("any", "flask")), lambda _line: None)
        except LaunchError as error:
            unavailable("docker", str(error))
        yield engine


@pytest.fixture(autouse=True)
def nothing_left(client: DockerClient) -> Iterator[None]:
    """After each test, what it made is gone; what the module's launcher shares was there before.

    What is not gone fails this test, and is removed for the next one's sake.
    """
    before = set(left_behind(client))
    yield
    left = set(left_behind(client)) - before
    for name in sorted(left):
        with suppress(docker.errors.APIError):
            client.containers.get(name).remove(force=True, v=True)
    for network in client.networks.list(filters={"label": OWNER_LABEL}):
        if network.name in left:
            with suppress(docker.errors.APIError):
                network.remove()
    assert left == set()


@pytest.fixture(scope="session")
def budget() -> Budget:
    """The budget that a run on this machine would have."""
    return divide(usable_cores())


@pytest.fixture
def stacks() -> dict[str, Stack]:
    """The stacks of the registry."""
    return registered_stacks()


@pytest.fixture(scope="module")
def launcher(client: DockerClient, budget: Budget) -> Iterator[ContainerLauncher]:
    """A launcher that the tests of a module share, with its network and downstream; it leaves nothing."""
    with ContainerLauncher(budget, run_id()) as entered:
        yield entered
    assert left_behind(client) == []


@pytest.fixture(scope="session")
def own_image(client: DockerClient) -> Iterator[Callable[[str], str]]:
    """Builds images that run a piece of Python, as a user's own image would; they are removed at the end."""
    made: list[str] = []

    def build(code: str) -> str:
        dockerfile = f"FROM {base_image(server_recipe('any', 'flask'))}\nCMD {json.dumps(['python', '-uc', code])}\n"
        image, _log = client.images.build(fileobj=io.BytesIO(dockerfile.encode()), rm=True, forcerm=True)
        made.append(str(image.id))
        return str(image.id)

    yield build
    for image_id in made:
        with suppress(docker.errors.APIError):
            client.images.remove(image_id, force=True)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The program itself in a process of its own, with results and a state folder of its own."""

    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``python -m stackduel`` with those arguments."""
        return subprocess.Popen(
            [sys.executable, "-m", "stackduel", *arguments],
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(self.folder / "state")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def measure(self, *arguments: str, second_s: float = 0.3) -> subprocess.Popen[str]:
        """Start a run of the test's suite, whose second trial lasts so long."""
        suite = self.folder / "suite.toml"
        suite.write_text(SUITE.format(duration_s=second_s))
        return self.start("run", str(suite), *ANY_HOST, "--out", str(self.folder), *arguments)

    def stored(self) -> dict[str, Any]:
        """The stored run, or an empty one before there is any."""
        for path in self.folder.glob("*/run.json"):
            document: dict[str, Any] = json.loads(path.read_text())
            return document
        return {"trials": []}

    @contextmanager
    def in_mid_trial(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A run whose first trial is stored and whose second goes on; killed at the end if it still runs."""
        with self.measure(*arguments, second_s=300) as process:
            try:
                assert until(lambda: self.stored()["trials"] or process.poll() is not None, 120)
                assert process.poll() is None, process.communicate()[0]
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                    process.communicate()


def kept_trials(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The trials of a stored run that count; a busy host may have voided attempts before them, and nothing else."""
    trials: list[dict[str, Any]] = run["trials"]
    assert {trial["state"] for trial in trials} <= {"ok", "void"}
    return [trial for trial in trials if trial["state"] == "ok"]


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """The command line with a folder of the test's own."""
    return CommandLine(tmp_path)
