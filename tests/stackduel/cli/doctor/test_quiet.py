"""The doctor: what it says of a quiet and of a noisy machine, and that it watches a real one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from stackduel.analysis.gates import KINDS, Thresholds
from stackduel.cli import doctor
from stackduel.cli.doctor import quiet
from stackduel.cli.doctor.diagnosis import Diagnosis
from stackduel.cli.doctor.quiet import consequence, foreign_cpu, frequency, quota, steal
from stackduel.model.trial import HostNoise
from stackduel.observe.host.neighbours import Neighbour

BUSIEST = (Neighbour("compiler", 0.123), Neighbour("backup", 0.01))


@pytest.mark.parametrize(
    ("share", "state", "said"),
    [
        (None, "unknown", "does not report it"),
        (0.002, "good", "took 0.2 %"),
        (0.05, "good", "noted above 1 %"),
        (
            0.051,
            "limit",
            "With 'steal' above its limit trials are repeated; if that does not help they are",
        ),
    ],
)
def test_steal_is_judged_as_its_gate_will(share: float | None, state: str, said: str) -> None:
    """Up to the gate's bound it is good, above it the gate is named with what follows and what to do."""
    found = steal(HostNoise(steal=share))
    assert (found.name, found.state) == ("steal", state)
    assert said in found.detail
    assert ("Use a machine" in found.detail) == (state == "limit")


@pytest.mark.parametrize(("share", "state"), [(None, "unknown"), (0.1, "good"), (0.3, "limit")])
def test_foreign_cpu_names_who_it_was(share: float | None, state: str) -> None:
    """The busiest others stand beside the share, by name, whether or not they are too busy."""
    found = foreign_cpu(HostNoise(foreign_cpu=share), BUSIEST)
    assert found.state == state
    assert ("Busiest: compiler 12.3 %, backup 1.0 %." in found.detail) == (share is not None)
    assert ("With 'foreign-cpu' above its limit" in found.detail) == (state == "limit")
    assert "Busiest" not in foreign_cpu(HostNoise(foreign_cpu=share), ()).detail


def test_the_bounds_are_those_that_a_run_would_have() -> None:
    """Other thresholds make another finding of the same machine."""
    noise = HostNoise(steal=0.03, foreign_cpu=0.2)
    strict, lax = Thresholds(steal=0.02, foreign_cpu=0.1), Thresholds(steal=0.04, foreign_cpu=0.3)
    assert (steal(noise, strict).state, steal(noise, lax).state) == ("limit", "good")
    assert (foreign_cpu(noise, (), strict).state, foreign_cpu(noise, (), lax).state) == ("limit", "good")


@pytest.mark.parametrize(
    ("governors", "state"),
    [
        ((), "unknown"),
        (("performance",), "good"),
        (("powersave",), "limit"),
        (("schedutil",), "limit"),
        (("performance", "schedutil"), "limit"),
    ],
)
def test_a_governor_that_changes_the_speed_is_a_limit(governors: tuple[str, ...], state: str) -> None:
    """Only where every core keeps its speed it is good; where nothing is shown it is not known."""
    found = frequency(governors)
    assert found.state == state
    assert all(name in found.detail for name in governors)
    assert ("cpupower" in found.detail) == (state == "limit")


@pytest.mark.parametrize(("cores", "state"), [(None, "good"), (4.0, "good"), (3.9, "limit"), (0.5, "limit")])
def test_a_quota_below_the_usable_cores_is_a_limit(cores: float | None, state: str) -> None:
    """A user who may use four cores, and is granted less, will be held back."""
    found = quota(cores, 4)
    assert found.state == state
    assert ("With 'throttling' above its limit" in found.detail) == (state == "limit")


def test_every_gate_has_its_consequence() -> None:
    """A gate of the host's leaves a noisy trial, one of the generator's none."""
    for gate, kind in KINDS.items():
        assert f"With '{gate}' above" in consequence(gate)
        assert ("noisy" in consequence(gate)) == (kind == "host")
    with pytest.raises(KeyError):
        consequence("absent")


def test_a_real_machine_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the four is found once, with a detail in whole sentences."""
    monkeypatch.setattr(quiet, "WATCHED_S", 0.3)
    found = list(quiet.findings())
    assert [each.name for each in found] == ["steal", "foreign CPU", "frequency", "CPU quota"]
    assert all(each.detail.endswith(".") for each in found)


def test_findings_are_printed_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its row, nothing in it is taken for markup, and the exit status is 0."""
    found = [Diagnosis("first", "limit", "[bold]as it is[/bold]"), Diagnosis("second", "unknown", "not seen")]
    monkeypatch.setattr(doctor, "CHECKS", (("one", lambda: found[:1]), ("two", lambda: iter(found[1:]))))
    out = io.StringIO()
    assert doctor.examine(Console(file=out, width=100), Console(file=io.StringIO())) == 0
    assert "[bold]as it is[/bold]" in out.getvalue()
    assert [line.split()[:2] for line in out.getvalue().splitlines()] == [
        ["first", "limit"],
        ["second", "unknown"],
    ]
