"""One attempt at a trial: a scenario measured on a started stack, and judged by its gates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.analysis.trial_gates import GateInputs, check_gates, with_state
from stackduel.launch.launcher import Launcher, Started
from stackduel.load.engine import Engine
from stackduel.load.job import Call, Job, LoadError, Progress, choose_driver
from stackduel.model.aa_pair import original_of
from stackduel.model.budget import Budget
from stackduel.model.driver import DriverName
from stackduel.model.gpu_use import ReadableGpu
from stackduel.model.measurement import Measurement
from stackduel.model.stack import ModelProtocol
from stackduel.model.suite import Scenario, Workload
from stackduel.model.target import Address, ContainerRef, parts_of
from stackduel.model.trial import Cost, Failure, Place, Result, Trial
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.usage import Meter
from stackduel.observe.triton.triton_watch import model_of
from stackduel.runner.trial_observers import Observed, TrialObservers
from stackduel.verify.verification import Answers

LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """What all trials of a run share: their budget, driver, timeout, seed and bounds of the gates.

    ``slots`` are the waiting slots of each stack, ``protocols`` the protocol that it speaks.
    """

    budget: Budget
    driver: DriverName = "raw"
    timeout_s: float = 30.0
    seed: int = 0
    bounds: Thresholds = METHOD
    slots: Mapping[str, int | None] = field(default_factory=dict)
    protocols: Mapping[str, ModelProtocol] = field(default_factory=dict)


class TrialRunner:
    """Loads started stacks with one engine, observes them, and judges each trial.

    ``reach`` returns the address at which the generator reaches a stack, ``null_rate_rps`` the rate that a job would
    get from a server that does nothing. ``gpus`` are observed in every trial.
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
        """Send every request of the load once; raises VerifyError if the stack answers one wrongly."""
        each = (workload for scenario in scenarios for workload in (*scenario.workloads, scenario.victim))
        workloads = [workload for workload in each if workload is not None]
        protocol = self._terms.protocols.get(name, "stackduel")
        self._answers.verify(
            name, started.address, [workload for workload in workloads if workload is not None], protocol
        )

    def measure(self, place: Place, scenario: Scenario, started: Started, meter: Meter | None) -> Result:
        """Measure one attempt at a trial on a started and verified stack, and judge it by its gates."""
        job = self._job(original_of(place.stack), scenario, self._reach(started))
        null_rate_rps = self._null_rate_rps(job)
        with TrialObservers(self._observed(place, scenario, started, meter)) as observers:
            try:
                measurement = self._engine.measure(
                    job,
                    at_start=observers.start,
                    at_stop=observers.stop,
                    progress=self._progress,
                    alive=lambda: started.failure() is None,
                )
            except LoadError as error:
                return Failure(place, _why(error, started), by_generator=started.failure() is None)
        if reason := self._why_unmeasured(measurement, observers.stack.cost()):
            return Failure(place, reason)
        return self._judged(place, scenario, measurement, observers, null_rate_rps)

    def _judged(
        self,
        place: Place,
        scenario: Scenario,
        measurement: Measurement,
        observers: TrialObservers,
        null_rate_rps: float | None,
    ) -> Trial:
        budget, noise = self._terms.budget, observers.noise.noise()
        inputs = GateInputs(
            slots=self._terms.slots.get(place.stack),
            null_rate_rps=null_rate_rps,
            shared_cores=bool(set(budget.server) & set(budget.generator)),
            bounds=self._terms.bounds,
        )
        trial = Trial(
            place=place,
            metric=scenario.load.metric,
            measurement=measurement,
            cost=observers.stack.cost(),
            gates=check_gates(measurement, scenario, noise, inputs),
            noise=noise,
            downstream_cpu_s=observers.downstream.cpu_s(),
            null_rate_rps=null_rate_rps,
            gpu=observers.gpus.use(),
            inside=observers.triton.inside(),
        )
        return with_state(trial)

    def _observed(self, place: Place, scenario: Scenario, started: Started, meter: Meter | None) -> Observed:
        downstream = self._launcher.downstream
        # Containers that work for this trial are no processes of the runner's, so the noise meter must know them.
        subjects = (*parts_of(started.subject), downstream, *self._engine.subjects)
        meters = (meter_of(subject) for subject in subjects if isinstance(subject, ContainerRef))
        is_triton = self._terms.protocols.get(original_of(place.stack)) == "kserve"
        return Observed(
            stack=meter,
            downstream=meter_of(downstream) if downstream else None,
            containers=[meter for meter in meters if meter is not None],
            gpus=self._gpus,
            triton=started.address if is_triton else None,
            model=model_of(scenario.workloads),
        )

    def _job(self, stack: str, scenario: Scenario, address: Address) -> Job:
        calls = tuple(self._call(stack, workload) for workload in scenario.workloads)
        # The raw driver speaks plain HTTP/1.1 only; another one sends the rest.
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

    def _why_unmeasured(self, measurement: Measurement, cost: Cost | None) -> str | None:
        """Return why there is nothing to judge; None if there is."""
        if not measurement.requests:
            return f"no request was answered within {measurement.duration_s:.1f} s"
        memory_mib = self._terms.budget.memory_mib
        if cost is not None and cost.memory_peak_mib > memory_mib:
            used = f"used {cost.memory_peak_mib:.0f} MiB of memory, over the budget of {memory_mib} MiB"
            return f"{used} (a container would have been killed)"
        return None


def _why(error: LoadError, started: Started) -> str:
    ended = started.failure()
    if ended is None:
        return str(error)
    log = started.log_tail(LOG_LINES).strip()
    return f"{ended} during the trial" + (f"\n{log}" if log else " (it wrote no log)")
