"""One attempt at a trial: a scenario measured on a started stack, and judged by its gates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stackduel.analysis.gates import METHOD, Thresholds, answers_rps
from stackduel.analysis.trial_gates import GateInputs, check_gates, with_state
from stackduel.launch.launcher import Launcher, Started
from stackduel.load.all_failed import AllFailed, never_in_vain
from stackduel.load.engine import Engine
from stackduel.load.job import Call, Job, LoadError, LostPartError, Progress, choose_driver
from stackduel.model.aa_pair import original_of
from stackduel.model.budget import Budget
from stackduel.model.driver import DriverName
from stackduel.model.gpu_use import ReadableGpu
from stackduel.model.measurement import Measurement
from stackduel.model.row_requests import requests_of
from stackduel.model.run_options import RESEND_IDLE_S
from stackduel.model.stack import ModelProtocol
from stackduel.model.stream_bounds import StreamBounds
from stackduel.model.suite import Scenario, SetupRequest, Workload
from stackduel.model.target import Address, ContainerRef, parts_of, proxy_of
from stackduel.model.trial import Cost, Failure, Place, Result, Trial
from stackduel.observe.resources.memory_guard import MemoryGuard
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.usage import Meter
from stackduel.observe.triton.triton_watch import model_of
from stackduel.process.cores import can_pin
from stackduel.runner.sandbox import Sandbox
from stackduel.runner.trial_observers import Observed, TrialObservers
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel.verify.failed_answers import sample_of, with_difference
from stackduel.verify.verification import Answers
from stackduel.verify.worker_timeouts import killed_workers

LOG_LINES = 20
NOWHERE = Address("localhost", 80)


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """The settings that all trials of a run share: budget, driver, timeouts, seed and bounds of the gates.

    ``slots`` are the waiting slots of each stack, ``protocols`` the protocol that it speaks, ``cores`` how
    many of the server's cores it has (None for all of them),
    ``redaction`` hides the secrets in its answers. ``ends_early`` closes a window in which every request fails: a
    search is left to see for itself what an overload does. ``setup`` is sent once after each start.
    """

    budget: Budget
    driver: DriverName = "raw"
    timeout_s: float = 30.0
    resend_idle_s: float = RESEND_IDLE_S
    seed: int = 0
    bounds: Thresholds = METHOD
    slots: Mapping[str, int | None] = field(default_factory=dict)
    protocols: Mapping[str, ModelProtocol] = field(default_factory=dict)
    cores: Mapping[str, int | None] = field(default_factory=dict)
    redaction: Redaction = NO_SECRETS
    ends_early: bool = True
    setup: tuple[SetupRequest, ...] = ()


class TrialRunner:
    """Loads started stacks with one engine, observes them, and judges each trial.

    ``reach`` returns the address at which the generator reaches a stack, ``null_rate_rps`` the rate that a job would
    get from a server that does nothing. ``gpus`` are observed in every trial. ``say`` shows a line. ``sandbox`` holds
    what no stack is blamed for.
    """

    def __init__(
        self,
        terms: TrialTerms,
        *,
        launcher: Launcher,
        engine: Engine,
        reach: Callable[[Started], Address],
        null_rate_rps: Callable[[Job, float], float | None],
        progress: Progress,
        gpus: Sequence[ReadableGpu] = (),
        say: Callable[[str], None] = lambda _note: None,
    ) -> None:
        self.notes: list[str] = []
        self._say = say
        self._terms = terms
        self._launcher = launcher
        self.sandbox = Sandbox(launcher)
        self._engine = engine
        self._reach = reach
        self._null_rate_rps = null_rate_rps
        self._progress = progress
        self._gpus = gpus
        self._answers = Answers(terms.timeout_s, terms.driver, terms.redaction, terms.setup)

    def verify(self, name: str, started: Started, scenarios: Iterable[Scenario]) -> None:
        """Send every request of the load; raises VerifyError if the stack answers one wrongly.

        What is compared by kind alone is said, once, and kept in ``notes``.
        """
        each = (workload for scenario in scenarios for workload in (*scenario.workloads, scenario.victim))
        workloads = [request for workload in each if workload is not None for request in requests_of(workload)]
        protocol = self._terms.protocols.get(name, "stackduel")
        try:
            self._answers.verify(name, started.address, workloads, protocol, started)
        finally:
            for note in self._answers.take_notes():
                self.notes.append(note)
                self._say(note)

    def measure(self, place: Place, scenario: Scenario, started: Started, meter: Meter | None) -> Result:
        """Measure one attempt at a trial on a started and verified stack, and judge it by its gates."""
        job = self._job(original_of(place.stack), scenario, self._reach(started))
        memory = MemoryGuard(meter, self._terms.budget.memory_mib)
        killed_before = killed_workers(started)
        try:
            # The null server is measured before the load, not right after it.
            self._null_rate_rps(job, 0.0)
            with TrialObservers(self._observed(place, scenario, started, meter)) as observers:
                measurement = self._engine.measure(
                    job,
                    at_start=observers.start,
                    at_stop=observers.stop,
                    progress=self._progress,
                    alive=lambda: started.failure() is None and memory.is_kept() and self.sandbox.lost() is None,
                    in_vain=AllFailed().holds if self._terms.ends_early else never_in_vain,
                )
        except LoadError as error:
            if memory.used_mib is not None:
                return Failure(place, _over_budget(memory.used_mib, memory.budget_mib))
            return self._not_measured(place, started, error)
        if (part := self.sandbox.lost(started)) is not None:
            return self.sandbox.trial_without(part, place)
        if reason := self._why_unmeasured(measurement, observers.stack.cost()):
            return Failure(place, reason)
        wanted_rps = self._terms.bounds.headroom * answers_rps(measurement)
        try:
            null_rate_rps = self._null_rate_rps(job, wanted_rps)
        except LostPartError as error:
            return self._not_measured(place, started, error)
        measurement = with_difference(measurement, job.calls, self._terms.redaction)
        trial = self._judged(place, scenario, measurement, observers, null_rate_rps)
        return replace(trial, worker_timeouts=len(killed_workers(started) - killed_before))

    def job_elsewhere(self, stack: str, scenario: Scenario) -> Job:
        """Return a scenario's load on a verified stack as it would be sent, to an address where nothing is."""
        return self._job(original_of(stack), scenario, NOWHERE)

    def load_through_end(
        self, stack: str, scenario: Scenario, started: Started, act: Callable[[], None]
    ) -> Measurement:
        """Send a scenario's load to a started and verified stack, whatever becomes of it; raises LoadError.

        ``act`` is called as the window opens, and may end the server.
        """
        job = self._job(original_of(stack), scenario, self._reach(started))
        return self._engine.measure(
            job, at_start=act, at_stop=lambda: None, progress=self._progress, alive=lambda: True
        )

    def load(
        self,
        stack: str,
        scenario: Scenario,
        started: Started,
        at_start: Callable[[], None] = lambda: None,
        at_stop: Callable[[], None] = lambda: None,
    ) -> Measurement:
        """Send a scenario's load to a started and verified stack, without judging it; raises LoadError.

        It ends early if the server does.
        """
        return self._engine.measure(
            self._job(original_of(stack), scenario, self._reach(started)),
            at_start=at_start,
            at_stop=at_stop,
            progress=self._progress,
            alive=lambda: started.failure() is None,
        )

    def sent(self, stack: str, scenario: Scenario) -> Workload:
        """Return the first request of a scenario as it is sent to a verified stack."""
        return self._answers.sent(original_of(stack), scenario.workloads[0])

    def _not_measured(self, place: Place, started: Started, error: LoadError) -> Failure:
        part = error.part if isinstance(error, LostPartError) else self.sandbox.lost(started)
        if part is not None:
            return self.sandbox.trial_without(part, place)
        return Failure(place, _why(error, started), by_generator=started.failure() is None)

    def _judged(
        self,
        place: Place,
        scenario: Scenario,
        measurement: Measurement,
        observers: TrialObservers,
        null_rate_rps: float | None,
    ) -> Trial:
        budget = self._terms.budget
        noise = replace(observers.noise.noise(), pause_ms=observers.pauses.longest_ms())
        inputs = GateInputs(
            slots=self._terms.slots.get(place.stack),
            null_rate_rps=null_rate_rps,
            shared_cores=bool(set(budget.server[: self._terms.cores.get(place.stack)]) & set(budget.generator)),
            bounds=self._terms.bounds,
        )
        trial = Trial(
            place=place,
            metric=scenario.metric,
            measurement=measurement,
            cost=observers.stack.cost(),
            gates=check_gates(measurement, scenario, noise, inputs),
            noise=noise,
            downstream_cpu_s=observers.downstream.cpu_s(),
            proxy_cpu_s=observers.proxy.cpu_s(),
            null_rate_rps=null_rate_rps,
            gpu=observers.gpus.use(),
            inside=observers.triton.inside(),
            sample=sample_of(measurement, self._terms.redaction),
        )
        return with_state(trial)

    def _observed(self, place: Place, scenario: Scenario, started: Started, meter: Meter | None) -> Observed:
        downstream, proxy = self._launcher.downstream, proxy_of(started.subject)
        # Containers that work for this trial are no processes of the runner's, so the noise meter must know them.
        called = parts_of(downstream) if downstream else ()
        subjects = (*parts_of(started.subject), *called, *self._engine.subjects)
        meters = (meter_of(subject) for subject in subjects if isinstance(subject, ContainerRef))
        is_triton = self._terms.protocols.get(original_of(place.stack)) == "kserve"
        return Observed(
            stack=meter,
            downstream=meter_of(downstream) if downstream else None,
            containers=[meter for meter in meters if meter is not None],
            gpus=self._gpus,
            triton=started.address if is_triton else None,
            model=model_of(scenario.workloads),
            server_cores=self._server_cores(place.stack),
            proxy=meter_of(proxy) if proxy else None,
            pauses=math.isfinite(self._terms.bounds.pause_ms),
        )

    def _server_cores(self, name: str) -> tuple[int, ...]:
        """Return the cores that a stack is confined to, empty if this launcher or system confines none."""
        budget = self._launcher.budget
        if budget is None or not (can_pin() or self._launcher.name != "local"):
            return ()
        return budget.server[: self._terms.cores.get(name)]

    def _job(self, stack: str, scenario: Scenario, address: Address) -> Job:
        calls = tuple(call for workload in scenario.workloads for call in self._calls(stack, workload))
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
            resend_idle_s=self._terms.resend_idle_s,
            bounds=StreamBounds.of(scenario.sla),
        )

    def _calls(self, stack: str, workload: Workload) -> Iterator[Call]:
        """Yield the call of a workload, or one for each row of its values, which share its weight."""
        if workload.values is None:
            yield self._call(stack, workload)
            return
        requests = requests_of(workload)
        for request in requests:
            yield replace(self._call(stack, request), group=workload.label, weight=workload.weight / len(requests))

    def _call(self, stack: str, workload: Workload) -> Call:
        return Call(self._answers.sent(stack, workload), self._answers.expectation(stack, workload))

    def _why_unmeasured(self, measurement: Measurement, cost: Cost | None) -> str | None:
        """Return why there is nothing to judge; None if there is."""
        # An overloaded server may end no stream within a window, and send the events of all.
        events = measurement.streams.events if measurement.streams else 0
        if not measurement.requests and not events:
            return f"no request was answered within the window of {measurement.duration_s:.1f} s; a longer one may do"
        memory_mib = self._terms.budget.memory_mib
        if cost is not None and cost.memory_peak_mib > memory_mib:
            return _over_budget(cost.memory_peak_mib, memory_mib)
        return None


def _over_budget(used_mib: float, budget_mib: float) -> str:
    used = f"used {used_mib:.0f} MiB of memory, over the budget of {budget_mib:.0f} MiB"
    return f"{used} (a container would have been killed)"


def _why(error: LoadError, started: Started) -> str:
    ended = started.failure()
    if ended is None:
        return str(error)
    log = started.log_tail(LOG_LINES).strip()
    return f"{ended} during the trial" + (f"\n{log}" if log else " (it wrote no log)")
