"""Runs in containers by the command line: measured, interrupted, killed; nothing left behind each time."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest
from docker import DockerClient

from stackduel.containers.ownership import OWNER_LABEL, RUN_LABEL, Owner
from stackduel.containers.recipes import base_image, server_recipe
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.budget import Budget
from tests.docker.conftest import CommandLine, kept_trials, left_behind, run_id
from tests.until import until

pytestmark = pytest.mark.docker


def test_a_run_measures_every_stack_in_containers(client: DockerClient, command_line: CommandLine) -> None:
    """All trials are measured with CPU time and memory, and the environment names the engine."""
    with command_line.measure("--launcher", "docker", "--json") as process:
        output, _ = process.communicate(timeout=180)
    assert process.returncode == 0, output
    run = command_line.stored()
    assert len(kept := kept_trials(run)) == 4
    assert all(trial["failed"] == 0 and trial["cpu_s"] > 0 and trial["memory_peak_mib"] > 0 for trial in kept)
    assert run["environment"]["launch"]["engine"]["version"] == client.version()["Version"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "stop"])
def test_a_run_interrupted_in_mid_trial_leaves_nothing(
    client: DockerClient, command_line: CommandLine, number: signal.Signals
) -> None:
    """Ctrl-C and a stop end the run with 130 and the finished trial saved; the fixture sees that all is gone."""
    with command_line.in_mid_trial("--launcher", "docker", "--stacks", "flask-gunicorn") as process:
        assert any(OWNER_LABEL in each.labels for each in client.containers.list(ignore_removed=True))
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    run = command_line.stored()
    assert run["status"] == "interrupted"
    assert [trial["scenario"] for trial in run["trials"] if trial["state"] == "ok"] == ["first"]


def test_what_a_killed_run_left_is_cleaned(client: DockerClient, command_line: CommandLine) -> None:
    """After kill -9 generator and null server end by themselves, and ``stackduel clean`` removes all the rest."""
    arguments = ("--launcher", "docker", "--stacks", "flask-gunicorn", "--generator", "container")
    with command_line.in_mid_trial(*arguments) as process:
        process.kill()
        process.communicate()

    def generators() -> list[str]:
        running = client.containers.list(
            filters={"label": OWNER_LABEL, "ancestor": "stackduel/generator:run"}, ignore_removed=True
        )
        return [str(each.name) for each in running]

    assert until(lambda: not generators())
    names = left_behind(client)
    # The downstream, the stack, the generator, the network; and a null server, unless it was just being replaced.
    assert len(names) >= 4
    found = command_line.run("clean")
    assert found.returncode == 0, found.stdout
    assert [name for name in names if name not in found.stdout] == [], found.stdout
    assert f"{len(names)} left-overs cleared" in found.stdout
    assert left_behind(client) == []


def test_the_next_run_clears_what_a_dead_one_left_and_no_more(client: DockerClient, budget: Budget) -> None:
    """Entering a launcher removes the containers of dead runs; those of a living run stay."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        living = Owner(Owner.current().host, process.pid, psutil.Process(process.pid).create_time())
        dead = Owner(living.host, living.pid, 1.0)
        image = base_image(server_recipe("any", "flask"))
        made = {
            owner: client.containers.create(image, labels={OWNER_LABEL: owner.label, RUN_LABEL: "test"})
            for owner in (living, dead)
        }
        try:
            with ContainerLauncher(budget, run_id()):
                ids = {each.id for each in client.containers.list(all=True, ignore_removed=True)}
                assert made[living].id in ids
                assert made[dead].id not in ids
        finally:
            made[living].remove(force=True)
            process.communicate()
