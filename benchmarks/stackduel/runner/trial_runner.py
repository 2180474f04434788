"""Measuring one scenario on one started stack, as often as the gates of the trial ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.analysis.judgement import GateInputs, judge, with_state
from stackduel.launch.launcher import Launcher, Started
from stackduel.load.engine import Engine
from stackduel.load.job import Call, Job, LoadError, Progress, choose_driver
from stackduel.model.aa_pair import original_of
from stackduel.model.budget import Budget
from stackduel.model.driver import DriverName
from stackduel.model.gpu_use import ReadableGpu
from stackduel.model.measurement import Measurement
from stackduel.model.stack import ModelProtocol as Speech
from stackduel.model.suite import Scenario, Workload
from stackduel.model.target import Address, ContainerRef, parts_of
from stackduel.model.trial import Cost, Failure, Place, Result, Trial
from stackduel.observe.gpu.gpu_watch import GpuWatch
from stackduel.observe.host.host_noise import NoiseMeter
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.resource_watch import CpuUse, ResourceWatch
from stackduel.observe.resources.usage import Meter
from stackduel.observe.triton.triton_watch import TritonWatch, model_of
from stackduel.verify.verification import Answers

LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """What all trials of a run have in common: their budget, timeout, seed and bounds.

    ``slots`` are the waiting slots of each stack, ``protocols`` what each of them speaks.
    """

    budget: Budget
    driver: DriverName = "raw"
    timeout_s: float = 30.0
    seed: int = 0
    bounds: Thresholds = METHOD
    slots: Mapping[str, int | None] = field(default_factory=dict)
    protocols: Mapping[str, Speech] = field(default_factory=dict)


class Watched(Protocol):
    """Whatever looks on while a window is open."""

    def start(self) -> None:
        """The window opens."""

    def stop(self) -> None:
        """The window closes."""


class TrialRunner:
    """Loads started stacks by one engine, watches, and judges what came of it.

    ``reach`` says where the generator reaches a stack, ``null_rate_rps`` what a job would get from a server that does
    nothing. ``gpus`` are looked at beside every trial.
    """

    def __init__(
        self,
        terms: TrialTerms,
        *,
        launcher: Launcher,
        engine: Engine,
        reach: Callable[[Started], Address],
        null_rate_rps: Callable[[Job], float | None],
        progress: Progress,
        gpus: Sequence[ReadableGpu] = (),
    ) -> None:
        self._terms = terms
        self._launcher = launcher
        self._engine = engine
        self._reach = reach
        self._null_rate_rps = null_rate_rps
        self._progress = progress
        self._gpus = gpus
        self._answers = Answers(terms.timeout_s)

    def verify(self, name: str, started: Started, scenarios: Iterable[Scenario]) -> None:
        """Ask the stack for all that it will be asked under load; raises VerifyError where it answers wrongly."""
        asked = (each for scenario in scenarios for each in (*scenario.workloads, scenario.victim))
        protocol = self._terms.protocols.get(name, "stackduel")
        self._answers.verify(name, started.address, [workload for workload in asked if workload is not None], protocol)

    def measure(self, place: Place, scenario: Scenario, started: Started, meter: Meter | None) -> Result:
        """One attempt at a trial on a started and verified stack, judged by its gates."""
        job = self._job(original_of(place.stack), scenario, self._reach(started))
        null_rate_rps = self._null_rate_rps(job)
        noise = NoiseMeter(self._in_containers(started))
        with ResourceWatch(meter) as watch, GpuWatch(self._gpus) as gpus:
            beside = CpuUse(self._downstream_meter())
            inside = self._triton_watch(place, scenario, started)
            watched: tuple[Watched, ...] = (noise, beside, inside, gpus, watch)
            try:
                measurement = self._engine.measure(
                    job,
                    at_start=lambda: _start(watched),
                    at_stop=lambda: _stop(watched),
                    progress=self._progress,
                    alive=lambda: started.failure() is None,
                )
            except LoadError as error:
                return Failure(place, _why(error, started), by_generator=started.failure() is None)
        cost = watch.cost()
        if reason := self._unmeasured(measurement, cost):
            return Failure(place, reason)
        by = GateInputs(
            slots=self._terms.slots.get(place.stack),
            null_rate_rps=null_rate_rps,
            shared_cores=bool(set(self._terms.budget.server) & set(self._terms.budget.generator)),
            bounds=self._terms.bounds,
        )
        trial = Trial(
            place=place,
            metric=scenario.load.metric,
            measurement=measurement,
            cost=cost,
            gates=judge(measurement, scenario, noise.noise(), by),
            noise=noise.noise(),
            downstream_cpu_s=beside.cpu_s(),
            null_rate_rps=null_rate_rps,
            gpu=gpus.use(),
            inside=inside.inside(),
        )
        return with_state(trial)

    def _job(self, stack: str, scenario: Scenario, address: Address) -> Job:
        calls = tuple(self._call(stack, workload) for workload in scenario.workloads)
        # The raw driver speaks plain HTTP/1.1 only; what it cannot send, others can.
        chosen = choose_driver(address, [call.workload for call in calls])[0]
        return Job(
            address=address,
            calls=calls,
            load=scenario.load,
            timeout_s=self._terms.timeout_s,
            driver=self._terms.driver if chosen == "raw" else chosen,
            seed=self._terms.seed,
            victim=self._call(stack, scenario.victim) if scenario.victim else None,
        )

    def _call(self, stack: str, workload: Workload) -> Call:
        return Call(self._answers.sent(stack, workload), self._answers.expectation(stack, workload))

    def _triton_watch(self, place: Place, scenario: Scenario, started: Started) -> TritonWatch:
        """What reads a Triton's own statistics; nothing of all other stacks."""
        asked = self._terms.protocols.get(original_of(place.stack)) == "kserve"
        return TritonWatch(started.address if asked else None, model_of(scenario.workloads))

    def _downstream_meter(self) -> Meter | None:
        subject = self._launcher.downstream
        return meter_of(subject) if subject else None

    def _in_containers(self, started: Started) -> list[Meter]:
        """The meters of what works for this trial and is no process of the runner's."""
        subjects = (*parts_of(started.subject), self._launcher.downstream, *self._engine.subjects)
        meters = (meter_of(subject) for subject in subjects if isinstance(subject, ContainerRef))
        return [meter for meter in meters if meter is not None]

    def _unmeasured(self, found: Measurement, cost: Cost | None) -> str | None:
        """Why there is nothing to judge, or None."""
        if not found.requests:
            return f"no request was answered within {found.duration_s:.1f} s"
        memory_mib = self._terms.budget.memory_mib
        if cost is not None and cost.memory_peak_mib > memory_mib:
            used = f"used {cost.memory_peak_mib:.0f} MiB of memory, over the budget of {memory_mib} MiB"
            return f"{used} (a container would have been killed)"
        return None


def _start(watched: Sequence[Watched]) -> None:
    for each in watched:
        each.start()


def _stop(watched: Sequence[Watched]) -> None:
    for each in reversed(watched):
        each.stop()


def _why(error: LoadError, started: Started) -> str:
    ended = started.failure()
    if ended is None:
        return str(error)
    log = started.log_tail(LOG_LINES).strip()
    return f"{ended} during the trial" + (f"\n{log}" if log else " (it wrote no log)")
