"""Whose a thing is, and that cleaning takes what the dead left and nothing else."""

from __future__ import annotations

import platform
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import docker.errors
import psutil
import pytest
from docker import DockerClient

from stackduel.containers.journal import Journal, journals
from stackduel.containers.ownership import OWNER_LABEL, RUN_LABEL, Owner, clean, labels, remove_run, unpause
from stackduel.model.errors import LaunchError
from tests.until import until

GONE = Owner("elsewhere", 1, 1.0)


@dataclass
class FakeThing:
    """A container or a network of the fake engine."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    status: str = "running"
    stuck: bool = False
    removed: bool = False
    going: bool = False
    events: list[str] = field(default_factory=list)

    @property
    def attrs(self) -> dict[str, Any]:
        return {"Labels": self.labels}

    def remove(self, **_how: object) -> None:
        self.events.append(f"remove {self.name}")
        if self.going:
            raise docker.errors.APIError("conflict", explanation="removal of container is already in progress")
        self.removed = True

    def wait(self, *, condition: str, timeout: float) -> None:
        self.events.append(f"wait until {self.name} is {condition}, for {timeout} s")
        raise docker.errors.NotFound(self.name)

    def unpause(self) -> None:
        if self.stuck:
            raise docker.errors.APIError("stuck")
        self.status = "running"


@dataclass
class FakeCollection:
    """The containers, or the networks, of the fake engine."""

    things: list[FakeThing]

    def list(self, *, filters: dict[str, str], **_how: object) -> list[FakeThing]:
        name, _equals, value = filters["label"].partition("=")
        return [each for each in self.things if name in each.labels and value in {"", each.labels[name]}]

    def get(self, name: str) -> FakeThing:
        for each in self.things:
            if each.name == name:
                return each
        raise docker.errors.NotFound(name)


@dataclass
class FakeEngine:
    """As much of a Docker client as cleaning needs."""

    containers: FakeCollection
    networks: FakeCollection

    def info(self) -> dict[str, str]:
        return {"ID": "this engine"}


def engine(containers: list[FakeThing] | None = None, networks: list[FakeThing] | None = None) -> DockerClient:
    fake = FakeEngine(FakeCollection(containers or []), FakeCollection(networks or []))
    return cast("DockerClient", fake)


@pytest.fixture
def dead() -> Owner:
    """A process of this machine that has ended and was reaped."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner(platform.node(), process.pid, psutil.Process(process.pid).create_time())
    process.communicate()
    return owner


def test_a_label_reads_back() -> None:
    """An owner survives the way through a label, host names with colons included."""
    owner = Owner("host:1", 42, 1700000000.25)
    assert Owner.parse(owner.label) == owner


def test_this_process_is_alive() -> None:
    """A run that cleans does not take itself for dead."""
    assert Owner.current().is_alive()


def test_an_ended_process_is_dead(dead: Owner) -> None:
    """A process that is gone owns nothing any more."""
    assert not dead.is_alive()


def test_another_process_with_the_same_number_is_not_the_owner() -> None:
    """A process id that was given out again does not keep the leftovers of its first holder."""
    assert not replace(Owner.current(), started=Owner.current().started - 3600).is_alive()


def test_a_clock_that_was_set_does_not_kill_a_living_run() -> None:
    """Start times that differ by a clock's correction are the same process."""
    assert replace(Owner.current(), started=Owner.current().started - 5).is_alive()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no zombies")
def test_a_killed_process_that_nobody_reaped_is_dead() -> None:
    """A zombie runs nothing, so it owns nothing."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner(platform.node(), process.pid, psutil.Process(process.pid).create_time())
    assert owner.is_alive()
    process.kill()
    try:
        assert until(lambda: not owner.is_alive())
        assert psutil.pid_exists(owner.pid)
    finally:
        process.communicate()


def test_an_owner_on_another_host_counts_as_alive() -> None:
    """Nobody can see from here whether a process of another machine still runs."""
    assert GONE.is_alive()


def test_cleaning_takes_the_dead_alone(dead: Owner, tmp_path: Path) -> None:
    """Containers and networks of dead runs go; those of the living, of other hosts and of nobody stay."""
    owners = {"dead": dead.label, "living": Owner.current().label, "other host": GONE.label, "broken": "x"}
    containers = [FakeThing(name, {OWNER_LABEL: text, RUN_LABEL: "r"}) for name, text in owners.items()]
    networks = [FakeThing(f"net {name}", {OWNER_LABEL: text}) for name, text in owners.items()]
    unowned = FakeThing("unowned")
    done = clean(engine([*containers, unowned], networks), tmp_path)
    assert done == ["removed container dead", "removed network net dead"]
    assert [each.name for each in (*containers, unowned, *networks) if each.removed] == ["dead", "net dead"]


def test_cleaning_wakes_what_a_dead_run_paused(dead: Owner, tmp_path: Path) -> None:
    """A dead run's journal is followed and erased; a living run's, and another engine's, is left alone."""
    Journal("dead", dead.label, "this engine", ("a", "removed since")).write(tmp_path)
    Journal("living", Owner.current().label, "this engine", ("b",)).write(tmp_path)
    Journal("other", dead.label, "another engine", ("c",)).write(tmp_path)
    things = [FakeThing(name, status="paused") for name in "abc"]
    assert clean(engine(things), tmp_path) == ["unpaused container a"]
    assert [each.status for each in things] == ["running", "paused", "paused"]
    assert {journal.run_id for journal in journals(tmp_path)} == {"living", "other"}


def test_a_container_that_stays_paused_does_not_keep_the_others_paused() -> None:
    """Unpausing tries every container before it says which one it could not wake."""
    things = [FakeThing("stuck", status="paused", stuck=True), FakeThing("free", status="paused")]
    with pytest.raises(LaunchError, match="could not unpause stuck"):
        unpause(engine(things), ["stuck", "free"])
    assert things[1].status == "running"


def test_removing_a_run_takes_that_run_alone() -> None:
    """A run's end removes everything with its label, and nothing of another run of the same process."""
    mine, other = FakeThing("mine", labels("one")), FakeThing("other", labels("two"))
    assert remove_run(engine([mine, other]), "one") == ["removed container mine"]
    assert not other.removed


def test_a_network_is_removed_once_a_container_that_another_removes_has_left_it() -> None:
    """The engine refuses to remove a network that a container is still attached to."""
    events: list[str] = []
    container = FakeThing("server", labels("one"), going=True, events=events)
    network = FakeThing("network", labels("one"), events=events)
    remove_run(engine([container], [network]), "one")
    assert events == ["remove server", "wait until server is removed, for 30 s", "remove network"]


def test_a_broken_journal_is_passed_over(tmp_path: Path) -> None:
    """A file that holds no journal neither stops the cleaning nor is taken for one."""
    (tmp_path / "paused-x.json").write_text("{}")
    (tmp_path / "paused-y.json").write_text("not JSON")
    assert list(journals(tmp_path)) == []


def test_a_run_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A journal is written under the plain name of its run, or not at all."""
    with pytest.raises(ValueError, match="plain name"):
        Journal("../up", GONE.label, "engine", ()).write(tmp_path)
