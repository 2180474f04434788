"""The loop of the searches, with launchers and engines that are made up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.load.job import Job, LoadError
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Measurement
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_settings import CapacitySettings, SearchSettings, SoakSettings
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.model.target import Address
from stackduel.model.trial import Failure, HostNoise, Trial
from stackduel.report.markdown import document as markdown
from stackduel.runner.search_clock import SearchClock
from stackduel.runner.search_loop import SearchLoop
from stackduel.search.soak import PIECES
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.conftest import serving
from tests.stackduel.makers import WAITING, measurement, run
from tests.stackduel.runner.fakes import ANY_HOST, FakeEngine, FakeLauncher, context_of, plan_of
from tests.stackduel.search.simulated import opened

SCENARIO = Scenario("rates", WAITING.workloads, OpenLoop(100.0, 1.0))
SETTINGS = CapacitySettings(slo="p50=50ms", confirmations=2)


def holds(most_rps: float) -> Callable[[Job], Measurement]:
    """A server that answers in 10 ms up to a rate, and in 100 ms above it."""

    def answer(job: Job) -> Measurement:
        assert isinstance(job.load, OpenLoop)
        latency_ms = 10.0 if job.load.rate_rps <= most_rps else 100.0
        return opened(job.load, [latency_ms] * round(job.load.rate_rps * job.load.duration_s)).measurement

    return answer


class Scene:
    """A search loop over fakes, and everything that it saved."""

    def __init__(
        self,
        launcher: FakeLauncher,
        answer: Callable[[Job], Measurement],
        scenario: Scenario = SCENARIO,
        settings: SearchSettings = SETTINGS,
        options: RunOptions | None = None,
        watch: Callable[[Run], None] = lambda _run: None,
        bounds: Thresholds = ANY_HOST,
    ) -> None:
        self.kept: list[Run] = []
        self._watch = watch
        begun = run([], scenarios=(scenario,))
        begun = replace(begun, suite=replace(begun.suite, search=settings))
        context = context_of(plan_of(begun, options), launcher, FakeEngine(answer), self._save, bounds=bounds)
        self.loop = SearchLoop(context, begun, settings)

    def _save(self, run: Run) -> None:
        self.kept.append(run)
        self._watch(run)


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_stack_gets_its_finding_and_every_trial_is_kept_at_once(address: Address) -> None:
    """Two stacks are searched in turns; the run grows by one trial at a time, and ends with a finding for each."""
    scene = Scene(FakeLauncher(address), holds(300))
    done = scene.loop.measure()
    assert {finding.stack for finding in done.findings} == {"slow", "fast"}
    for finding in done.findings:
        assert isinstance(finding.found, Capacity)
        assert finding.found.confirmed is not None
        assert 285 <= finding.found.confirmed.rate_rps <= 300
    grown = [len(kept.results) for kept in scene.kept]
    assert all(after - before in {0, 1} for before, after in itertools.pairwise(grown))
    assert {result.place.scenario for result in done.results} >= {"rates@100rps", "rates@200rps", "rates@400rps"}
    places = [result.place for result in done.results]
    assert len(places) == len(set(places))


def test_findings_stand_in_the_document_and_the_report(address: Address) -> None:
    """The result can be stored, loaded back and read."""
    done = Scene(FakeLauncher(address), holds(300)).loop.measure()
    document = run_to_dict(done)
    assert run_to_dict(run_from_dict(document)) == document
    assert run_from_dict(document).findings == done.findings
    text = markdown.render(done)
    assert "| stack | tier | capacity req/s | kept | not at | kept there |" in text
    assert "slow: Keeps p50 ≤ 50 ms, errors ≤ 0.1 % up to" in text


def test_a_stack_that_cannot_be_launched_costs_its_own_finding_only(address: Address) -> None:
    """The other one is searched to its end; the broken one stands as a failure with its reason."""
    done = Scene(FakeLauncher(address, frozenset({"slow"})), holds(300)).loop.measure()
    assert [finding.stack for finding in done.findings] == ["fast"]
    (failure,) = [result for result in done.results if isinstance(result, Failure)]
    assert (failure.place.stack, failure.reason) == ("slow", "slow: no such module")
    assert "slow: not measured: `slow: no such module`" in markdown.render(done)


def test_a_server_that_ends_under_a_load_is_started_afresh_and_the_search_goes_on(address: Address) -> None:
    """Its end counts against the rate, with the log in the trials."""
    launcher = FakeLauncher(address)

    def answer(job: Job) -> Measurement:
        assert isinstance(job.load, OpenLoop)
        if job.load.rate_rps > 250:
            assert launcher.current is not None
            launcher.current.ended = "the server ended with exit status 9"
            raise LoadError("the server ended during the load")
        return holds(1000)(job)

    done = Scene(launcher, answer).loop.measure()
    assert len(done.findings) == 2
    for finding in done.findings:
        assert "exit status 9" in finding.found.sentence
    assert any(isinstance(result, Failure) and "the last line" in result.reason for result in done.results)


def test_an_end_of_the_sandbox_teaches_a_search_nothing(address: Address) -> None:
    """The load is tried again on a fresh server, with a new downstream, and the findings are as without it."""
    launcher, made = FakeLauncher(address), 0

    def answer(job: Job) -> Measurement:
        nonlocal made
        made += 1
        if made == 2:
            launcher.lost_part = LostPart("the downstream", "was ended by SIGKILL")
            raise LoadError("the server ended during the load")
        return holds(1000)(job)

    done = Scene(launcher, answer).loop.measure()
    undisturbed = Scene(FakeLauncher(address), holds(1000)).loop.measure()
    assert [result.state for result in done.results].count("void") == 1
    assert "failed" not in {result.state for result in done.results}
    assert launcher.events.count("restore") == 1
    found, right = ({each.stack: each.found.sentence for each in run.findings} for run in (done, undisturbed))
    assert found == right


def test_a_generator_that_fails_ends_the_search_without_a_finding(address: Address) -> None:
    """A load that the generator could not reach says nothing about the server."""

    def answer(job: Job) -> Measurement:
        raise LoadError("the load generator failed: no file descriptors")

    done = Scene(FakeLauncher(address), answer).loop.measure()
    assert done.findings == ()
    assert len(done.results) == 2
    assert "not measured: `the load generator failed: no file descriptors`" in markdown.render(done)


def test_an_interruption_keeps_what_was_found(address: Address) -> None:
    """Ctrl-C unwinds at once; what was measured before stands, and the stack is stopped."""
    launcher = FakeLauncher(address)

    def answer(job: Job) -> Measurement:
        assert isinstance(job.load, OpenLoop)
        if job.load.rate_rps > 150:
            raise KeyboardInterrupt
        return holds(1000)(job)

    scene = Scene(launcher, answer)
    with pytest.raises(KeyboardInterrupt):
        scene.loop.measure()
    assert len(scene.kept[-1].results) == 1
    assert launcher.events[-1].startswith("stop")


class StolenHost:
    """A noise meter of a host whose hypervisor takes half of its CPU time."""

    def __init__(self, _meters: object, **_observed: object) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def noise(self) -> HostNoise:
        return HostNoise(steal=0.5)


@pytest.mark.parametrize(("strict", "states"), [(False, {"void", "noisy"}), (True, {"void"})])
def test_a_strict_search_keeps_no_trial_that_the_host_disturbed(
    address: Address, strict: bool, states: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three void attempts leave a noisy trial behind, and under ``--strict`` none."""
    monkeypatch.setattr("stackduel.runner.trial_observers.NoiseMeter", StolenHost)
    done = Scene(FakeLauncher(address), holds(1000), options=RunOptions(strict=strict), bounds=METHOD).loop.measure()
    assert {result.state for result in done.results if isinstance(result, Trial)} == states


class PausingHost(StolenHost):
    """A noise meter of a host that disturbs every window but each third one."""

    windows = 0

    def noise(self) -> HostNoise:
        PausingHost.windows += 1
        return HostNoise(steal=0.0 if PausingHost.windows % 3 == 0 else 0.5)


def test_a_disturbed_window_that_cut_streams_off_is_repeated_on_a_fresh_server(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that still sends is not measured again; three attempts at each load are made all the same."""
    monkeypatch.setattr("stackduel.runner.trial_observers.NoiseMeter", PausingHost)
    monkeypatch.setattr(PausingHost, "windows", 0)
    launcher = FakeLauncher(address, broken=frozenset({"fast"}))
    cutting = holds(300)
    scene = Scene(launcher, lambda job: replace(cutting(job), drained=False), bounds=METHOD)
    done = scene.loop.measure()
    trials = [result for result in done.results if isinstance(result, Trial)]
    assert [trial.state for trial in trials] == ["void", "void", "ok"] * (len(trials) // 3)
    assert [trial.place.attempt for trial in trials[:3]] == [1, 2, 3]
    assert launcher.events.count("start slow") == len(trials)
    (finding,) = done.findings
    assert isinstance(finding.found, Capacity)
    assert finding.found.confirmed is not None
    assert 285 <= finding.found.confirmed.rate_rps <= 300


class LateClock(SearchClock):
    """A clock of searches by which each attempt at a trial takes as long as its window says."""

    spent = 0.0

    def spent_s(self) -> float:
        return LateClock.spent


def test_what_would_end_after_the_time_of_a_search_is_not_repeated(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a host that disturbs every window, the repetitions keep to the promised time as the windows do."""
    monkeypatch.setattr("stackduel.runner.trial_observers.NoiseMeter", StolenHost)
    monkeypatch.setattr("stackduel.runner.search_loop.SearchClock", LateClock)
    monkeypatch.setattr(LateClock, "spent", 0.0)

    def answer(job: Job) -> Measurement:
        assert isinstance(job.load, OpenLoop)
        LateClock.spent += job.load.warmup_s + job.load.duration_s
        return holds(1000)(job)

    settings = CapacitySettings(slo="p50=50ms", allowance_s=8.0)
    launcher = FakeLauncher(address, broken=frozenset({"fast"}))
    done = Scene(launcher, answer, settings=settings, bounds=METHOD).loop.measure()
    assert LateClock.spent <= 8.0
    trials = [result for result in done.results if isinstance(result, Trial)]
    assert max(trial.place.attempt for trial in trials) > 1, "there was time for some repetitions"
    assert trials[-1].state == "noisy"


SOAK = Scenario("soak", WAITING.workloads, ClosedLoop(2, duration_s=120.0))


def piece(_job: Job) -> Measurement:
    """A piece of a soak that the server was still busy with when it had ended."""
    return replace(measurement([10.0] * 500, 10.0), drained=False)


def test_the_pieces_of_a_soak_stay_on_one_server(address: Address) -> None:
    """Each stack is started once, whatever state a piece leaves it in, and the finding grows with every piece."""
    launcher = FakeLauncher(address)
    scene = Scene(launcher, piece, SOAK, SoakSettings())
    done = scene.loop.measure()
    assert launcher.events.count("start slow") == launcher.events.count("start fast") == 1
    assert len(done.results) == 2 * PIECES
    lengths = [kept.findings[0].found for kept in scene.kept if len(kept.findings) == 1]
    durations = [found.duration_s for found in lengths if isinstance(found, Soak)]
    assert durations == sorted(durations)
    assert {10.0, 120.0} <= set(durations)


def test_a_soak_ends_with_its_server(address: Address) -> None:
    """A server that ends between two pieces is not replaced: what it showed stands, with how it ended."""
    launcher = FakeLauncher(address)

    def ending(run: Run) -> None:
        last = run.results[-1].place.stack
        if launcher.current is not None and sum(result.place.stack == last for result in run.results) == 3:
            launcher.current.ended = "the server ended with exit status 9"

    done = Scene(launcher, piece, SOAK, SoakSettings(), watch=ending).loop.measure()
    assert launcher.events.count("start slow") == 1
    for finding in done.findings:
        assert isinstance(finding.found, Soak)
        assert (finding.found.duration_s, finding.found.ended) == (30.0, "the server ended with exit status 9")


def test_disturbed_pieces_are_measured_once(address: Address) -> None:
    """A soak goes on where a trial would be repeated."""

    def disturbed(job: Job) -> Measurement:
        return measurement([10.0] * 500, 10.0, generator_cpu_s=9.9)

    done = Scene(FakeLauncher(address), disturbed, SOAK, SoakSettings()).loop.measure()
    assert {result.place.attempt for result in done.results} == {1}
    assert all(isinstance(each.found, Soak) and each.found.disturbed == PIECES for each in done.findings)
