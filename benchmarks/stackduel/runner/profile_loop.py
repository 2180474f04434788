"""The loop of a profile: pairs of windows under load, one of them sampled, in an order drawn anew for each pair."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from stackduel.analysis.profiling.conclusion import ProfiledWindow, Rates, memory_of, profile_of
from stackduel.analysis.profiling.recordings import read_recording
from stackduel.launch.launcher import Started
from stackduel.launch.local.recorded_command import recorded_stack
from stackduel.load.job import LoadError
from stackduel.model.errors import LaunchError, StoreError
from stackduel.model.findings import Finding
from stackduel.model.measurement import Measurement
from stackduel.model.plan_step import PlanStep
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run import Run
from stackduel.model.search_results.profile import MemoryProfile, SampledCpu
from stackduel.model.suite import Scenario
from stackduel.model.target import ContainerRef, Subject, parts_of
from stackduel.model.trial import Failure, Place
from stackduel.observe.profiler.cpu_modes import cpu_modes
from stackduel.observe.profiler.memory_records import held_memory
from stackduel.observe.profiler.sampler import Sampler, SamplerError, behind
from stackduel.observe.profiler.sidecar import SidecarPlace
from stackduel.process.interrupts import go_on_interrupting
from stackduel.report.profile_files import ProfileFiles
from stackduel.runner.loop import Loop
from stackduel.runner.run_context import RunContext
from stackduel.runner.samplers import SIDECAR_NOTE, sampler_of
from stackduel.storage.run_document import redaction_of
from stackduel.verify.verification import VerifyError

PROFILER, MEMORY_PROFILER = "py-spy", "memray"
RECORDED = "allocations"


@dataclass(slots=True)
class _Taken:
    """The samples taken so far of a stack in a scenario."""

    windows: list[ProfiledWindow] = field(default_factory=list)
    pairs: list[Rates] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    memory: MemoryProfile | None = None


class ProfileLoop(Loop):
    """Profiles stacks, and saves the findings with their files after every window.

    None of its windows is a trial: what is measured beside a profiler counts for nothing else.
    """

    def __init__(self, context: RunContext, run: Run, settings: ProfileSettings, files: ProfileFiles) -> None:
        super().__init__(context, run)
        self._settings = settings
        self._files = files

    def measure(self, wanted: Iterable[tuple[str, Scenario]]) -> Run:
        """Profile each stack under its scenario; one that fails is left out."""
        draw = random.Random(self.run.seed)  # noqa: S311 - an order, not a secret
        for name, scenario in wanted:
            self._context.trial_runner.sandbox.restore()
            self._context.progress.launching(PlanStep(1, name, (scenario,)))
            try:
                with self._ready(self._context.plan.stacks[name], (scenario,)) as (started, _):
                    taken = self._profile(name, scenario, started, draw)
                if self._settings.memory:
                    self._record_memory(name, scenario, taken)
            except (LaunchError, VerifyError, LoadError, ProcessLookupError) as error:
                go_on_interrupting(error)
                self._fail(Place(name, scenario.name, 1), str(error))
        return self.run

    def _fail(self, place: Place, reason: str) -> None:
        """Save why a stack was not profiled; after a comparison as a note, because its trials are measured."""
        if self.run.suite.search is not None:
            self._save_result(Failure(place, reason))
            return
        note = redaction_of(self.run).text(f"{place.stack}, {place.scenario}: not profiled: {reason}")
        self._context.trial_runner.notes.append(note)
        self._context.progress.print_line(note)

    def _profile(self, name: str, scenario: Scenario, started: Started, draw: random.Random) -> _Taken:
        taken = _Taken()
        if isinstance(parts_of(started.subject)[0], ContainerRef):
            taken.notes[SIDECAR_NOTE] = None
        for number in range(1, self._settings.windows + 1):
            rates: dict[bool, float] = {}
            for sampled in draw.sample((False, True), 2):
                self._context.progress.measuring(Place(name, scenario.name, number), scenario)
                load = self._sampled if sampled else self._plain
                rates[sampled] = load(name, scenario, started, taken)
            taken.pairs.append(Rates(rates[False], rates[True]))
            self._keep(name, scenario, taken)
            samples = taken.windows[-1].samples.total
            self._context.progress.print_line(
                f"{name}, {scenario.name}, window {number} of {self._settings.windows}: {samples:,} samples; "
                f"{rates[True]:,.4g} requests a second beside the profiler, {rates[False]:,.4g} without it"
            )
        return taken

    def _record_memory(self, name: str, scenario: Scenario, taken: _Taken) -> None:
        """Start the stack once more under memray, load it for a window, and save who held its memory.

        Where that fails, the profile stays, with a note that says why.
        """
        self._context.progress.print_line(f"{name}, {scenario.name}: recording its memory in a start of its own")
        try:
            with tempfile.TemporaryDirectory(prefix="stackduel-memory-") as folder:
                stack = recorded_stack(self._context.plan.stacks[name], Path(folder, RECORDED))
                with self._ready(stack, (scenario,)) as (started, _):
                    _rate_rps(self._context.trial_runner.load(name, scenario, started), started)
                held = held_memory(sorted(Path(folder).glob(f"{RECORDED}*")))
            memory = memory_of(held.calls, held.processes, MEMORY_PROFILER)
            taken.memory = self._files.write_memory(held.calls, memory, (name, scenario.name), redaction_of(self.run))
        except (LaunchError, VerifyError, LoadError, ProcessLookupError, StoreError) as error:
            go_on_interrupting(error)
            note = f"The memory was not recorded: {redaction_of(self.run).text(str(error))}"
            taken.notes[note] = None
            self._context.progress.print_line(f"{name}, {scenario.name}: {note}")
        self._keep(name, scenario, taken)

    def _plain(self, name: str, scenario: Scenario, started: Started, _taken: _Taken) -> float:
        return _rate_rps(self._context.trial_runner.load(name, scenario, started), started)

    def _sampled(self, name: str, scenario: Scenario, started: Started, taken: _Taken) -> float:
        """Load the stack while it is sampled; what an interrupted window has sampled is kept."""
        place = SidecarPlace(self.run.run_id, self._context.plan.budget.downstream, self._context.progress.print_line)
        with sampler_of(started.subject, self._settings, place) as sampler:
            window = _Window(started.subject)
            try:
                measurement = self._context.trial_runner.load(
                    name, scenario, started, at_start=window.open, at_stop=lambda: window.close(sampler)
                )
            except KeyboardInterrupt:
                self._take(window, sampler, taken)
                self._keep(name, scenario, taken)
                raise
            self._take(window, sampler, taken)
        return _rate_rps(measurement, started)

    def _take(self, window: _Window, sampler: Sampler, taken: _Taken) -> None:
        window.close(sampler)
        try:
            samples = read_recording(sampler.recording())
        except ValueError as error:
            raise SamplerError(f"py-spy's recording cannot be read: {error}") from error
        if note := behind(sampler.said):
            taken.notes[note] = None
        budget = self._context.launcher.budget
        cores = len(budget.server) if budget else None
        taken.windows.append(ProfiledWindow(window.sampled_s, samples, window.cpu(cores)))

    def _keep(self, name: str, scenario: Scenario, taken: _Taken) -> None:
        """Write the files of what was taken so far, and save the run with it."""
        found = profile_of(self._settings, PROFILER, taken.windows, taken.pairs, tuple(taken.notes))
        found = msgspec.structs.replace(found, memory=taken.memory)
        samples, names = [each.samples for each in taken.windows], (name, scenario.name)
        try:
            first = all((each.stack, each.scenario) == names for each in self.run.findings)
            found = self._files.write(samples, found, names, redaction_of(self.run), first=first)
        except StoreError as error:
            self._context.progress.print_line(f"{error}; the profile goes on")
        self._save(self.run.with_finding(Finding(name, scenario.name, found)))


class _Window:
    """The time that is sampled, and the CPU time that the server uses in it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._began_s = time.monotonic()
        self._before = cpu_modes(subject)
        self._opened = self._began_s
        self._used: SampledCpu | None = None
        self.sampled_s = 0.0

    def open(self) -> None:
        """Read the counters as the load's window opens."""
        self._opened, self._before = time.monotonic(), cpu_modes(self._subject)

    def close(self, sampler: Sampler) -> None:
        """Read the counters, and end the sampling; only the first call does anything."""
        if self.sampled_s:
            return
        now_s, after = time.monotonic(), cpu_modes(self._subject)
        sampler.stop()
        self.sampled_s = max(1e-9, now_s - self._began_s)
        if self._before is not None and after is not None:
            used = after.since(self._before)
            self._used = SampledCpu(used.user_s, used.system_s, now_s - self._opened)

    def cpu(self, cores: int | None) -> SampledCpu | None:
        """Return what the server used while the load's window was open."""
        return replace(self._used, cores=cores) if self._used else None


def _rate_rps(measurement: Measurement, started: Started) -> float:
    """Return the right answers a second; raises LaunchError if the server ended, or answered wrongly alone."""
    if (ended := started.failure()) is not None:
        raise LaunchError(f"{ended} while it was profiled", started.log_tail())
    if measurement.failed and not measurement.succeeded:
        raise LaunchError("no request was answered rightly while it was profiled")
    return measurement.succeeded / measurement.duration_s
