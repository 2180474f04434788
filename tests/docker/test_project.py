"""Attaching to a real compose project: up, measured with the others asleep, interrupted, killed, down."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker import DockerClient

from stackduel.containers.ownership import STACK_LABEL
from stackduel.containers.recipes import ROOT
from stackduel.launch.compose.compose_launcher import ComposeLauncher
from stackduel.launch.compose.compose_project import PROJECT_LABEL, stacks_up
from stackduel.launch.local.ports import free_port
from stackduel.model.errors import LaunchError
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import Stack
from stackduel.verify.exchange import exchange
from tests.conftest import unavailable
from tests.docker.conftest import CommandLine, kept_trials, run_id

pytestmark = pytest.mark.docker

SERVICES = ("flask-gunicorn", "fastapi-uvicorn")
PORTS = (8001, 8002, 8009)


@dataclass(frozen=True, slots=True)
class Project:
    """A compose project of the tests' own."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    client: DockerClient

    def compose(self, *arguments: str) -> None:
        """Run a compose command on it."""
        found = subprocess.run(
            [*self.command, "--project-name", self.name, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert found.returncode == 0, found.stdout + found.stderr

    def states(self) -> dict[str, str]:
        """The state of every container by its service."""
        found = self.client.containers.list(
            all=True, filters={"label": f"{PROJECT_LABEL}={self.name}"}, ignore_removed=True
        )
        return {each.labels["com.docker.compose.service"]: each.status for each in found}


def compose_command() -> tuple[str, ...]:
    """``docker compose`` or ``docker-compose``, whichever is here."""
    for command in (("docker", "compose"), ("docker-compose",)):
        version = [*command, "version"]
        if shutil.which(command[0]) and subprocess.run(version, capture_output=True, check=False).returncode == 0:
            return command
    unavailable("docker", "no Compose is installed")
    raise AssertionError


@pytest.fixture(scope="module")
def project(client: DockerClient) -> Iterator[Project]:
    """The classic baseline and one candidate, built and up on free ports, and down again at the end."""
    ports = {f"STACKDUEL_PORT_{port}": str(free_port()) for port in PORTS}
    made = Project(f"stackduel-{run_id()}", compose_command(), {**os.environ, **ports}, client)
    try:
        made.compose("up", "--build", "-d", *SERVICES)
        yield made
    finally:
        made.compose("down", "--volumes", "--remove-orphans")
    assert made.states() == {}


ALL_UP = dict.fromkeys((*SERVICES, "downstream"), "running")


def test_the_project_is_up_and_answers(project: Project, stacks: dict[str, Stack], tmp_path: Path) -> None:
    """The stacks that compose started are found with their ports, one awake at a time, and all awake at the end."""
    assert project.states() == ALL_UP
    assert stacks_up(project.name) == set(SERVICES)
    with ComposeLauncher(run_id(), project.name, tmp_path) as launcher:
        for name, other in zip(SERVICES, reversed(SERVICES), strict=True):
            with launcher.start(stacks[name]) as started:
                assert project.states() == {**ALL_UP, other: "paused"}
                reply = exchange(started.address, "/benchmark/io-test?delay=0.01&concurrent=2")
                assert reply.status == 200, reply.body
        facts = launcher.facts()
        assert facts["warnings"] == []
    assert project.states() == ALL_UP
    assert list(tmp_path.iterdir()) == []


def test_a_stack_that_is_not_up_is_an_error(project: Project, stacks: dict[str, Stack], tmp_path: Path) -> None:
    """The error says how to start it."""
    with (
        ComposeLauncher(run_id(), project.name, tmp_path) as launcher,
        pytest.raises(LaunchError, match="quart-hypercorn: not up in the compose project; start it first"),
        launcher.start(stacks["quart-hypercorn"]),
    ):
        pass
    assert project.states() == ALL_UP


def test_a_downstream_that_ends_is_named_and_started_again(
    project: Project, stacks: dict[str, Stack], tmp_path: Path
) -> None:
    """It belongs to the sandbox, so that no stack is blamed for it."""
    with ComposeLauncher(run_id(), project.name, tmp_path) as launcher:
        assert launcher.lost() is None
        launcher.restore()
        assert project.states() == ALL_UP, "what runs is left alone"
        project.compose("kill", "downstream")
        assert launcher.lost() == LostPart(
            "the downstream", "has failed: its container ended with exit status 137 (SIGKILL)"
        )
        launcher.restore()
        assert launcher.lost() is None
        with launcher.start(stacks["flask-gunicorn"]) as started:
            reply = exchange(started.address, "/benchmark/io-test?delay=0.01&concurrent=2")
            assert reply.status == 200, reply.body
    assert project.states() == ALL_UP


def test_two_runs_do_not_measure_one_project_at_once(project: Project, tmp_path: Path) -> None:
    """A second run would pause what the first one measures: it is refused, and the first goes on."""
    with (
        ComposeLauncher("first", project.name, tmp_path),
        pytest.raises(LaunchError, match=r"run first .* is measuring this project"),
        ComposeLauncher("second", project.name, tmp_path),
    ):
        pass
    assert project.states() == ALL_UP


def test_a_container_that_somebody_paused_is_left_to_them(project: Project, tmp_path: Path) -> None:
    """A pause that no run wrote down is somebody's intention."""
    project.compose("pause", "flask-gunicorn")
    try:
        with (
            pytest.raises(LaunchError, match="flask-gunicorn: somebody paused its container"),
            ComposeLauncher(run_id(), project.name, tmp_path),
        ):
            pass
        assert project.states()["flask-gunicorn"] == "paused"
    finally:
        project.compose("unpause", "flask-gunicorn")


def test_a_run_measures_the_project(project: Project, command_line: CommandLine) -> None:
    """The command line compares what is up, and leaves it up."""
    with command_line.measure("--launcher", "compose", "--project", project.name) as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    kept = kept_trials(command_line.stored())
    assert {trial["stack"] for trial in kept} == set(SERVICES)
    assert len(kept) == 2 * len(SERVICES)
    assert all(trial["failed"] == 0 and trial["cpu_s"] > 0 for trial in kept)
    assert project.states() == ALL_UP


def test_a_run_interrupted_in_mid_trial_wakes_all(project: Project, command_line: CommandLine) -> None:
    """Ctrl-C ends the run with 130, and every container of the project runs again."""
    with command_line.in_mid_trial("--launcher", "compose", "--project", project.name) as process:
        assert sorted(project.states().values()) == ["paused", "running", "running"]
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert project.states() == ALL_UP
    assert not list((command_line.folder / "state/stackduel").iterdir())


def test_what_a_killed_run_paused_is_woken(project: Project, command_line: CommandLine) -> None:
    """After kill -9 the others sleep on, until ``clean`` wakes them."""
    with command_line.in_mid_trial("--launcher", "compose", "--project", project.name) as process:
        process.kill()
        process.communicate()
    (asleep,) = [name for name, state in project.states().items() if state == "paused"]
    found = command_line.run("clean")
    assert f"unpaused container {project.name}-{asleep}-1" in found.stdout
    assert project.states() == ALL_UP


def test_a_container_killed_in_mid_trial_says_so(
    project: Project, client: DockerClient, command_line: CommandLine
) -> None:
    """The trial fails with the container's exit status, the run ends, and the others are woken."""
    arguments = ("--launcher", "compose", "--project", project.name, "--stacks", "flask-gunicorn")
    try:
        with command_line.in_mid_trial(*arguments) as process:
            labels = [f"{STACK_LABEL}=flask-gunicorn", f"{PROJECT_LABEL}={project.name}"]
            (victim,) = client.containers.list(filters={"label": labels}, ignore_removed=True)
            victim.kill()
            output, _ = process.communicate(timeout=60)
        assert "its container ended with exit status 137" in str(command_line.stored()), output
        assert project.states() == {**ALL_UP, "flask-gunicorn": "exited"}
    finally:
        project.compose("up", "-d", *SERVICES)
