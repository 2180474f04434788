"""The loop of the cold starts: every stack launched again and again, in interleaved rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from stackduel.inference.translation import translate
from stackduel.model.run import Run
from stackduel.model.search_results.cold_start import Launch
from stackduel.model.search_settings import ColdStartSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Load, Scenario, Workload
from stackduel.model.target import Address
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.resource_watch import read
from stackduel.observe.resources.settle import settle
from stackduel.runner.rounds_loop import RoundsLoop
from stackduel.runner.run_context import RunContext
from stackduel.search.cold_start import cold_starts
from stackduel.verify.exchange import ask
from stackduel.verify.verification import VerifyError


class ColdStartLoop(RoundsLoop):
    """Launches every stack as often as the settings say, and saves the figures of each launch.

    One plain client sends every request, each on its own connection, so that only the server makes the first answer
    differ from the later ones. ``clock`` counts seconds.
    """

    def __init__(
        self,
        context: RunContext,
        run: Run,
        settings: ColdStartSettings,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(context, run, settings.launches)
        self._clock = clock
        self._launches: dict[str, dict[str, list[Launch]]] = {
            scenario.name: {name: [] for name in context.plan.stacks} for scenario in context.plan.suite.scenarios
        }

    def _measure_fresh(self, name: str, scenario: Scenario, block: int) -> None:
        launch = self._launch(self._context.plan.stacks[name], scenario, block)
        self._launches[scenario.name][name].append(launch)
        run = self.run
        for finding in cold_starts(self._launches[scenario.name], run.baseline, scenario.name):
            run = run.with_finding(finding)
        self._save(run)
        self._context.progress.print_line(
            f"launch {block} of {self._round_count}, {name}: answered after {launch.launch_ms:.0f} ms, "
            f"first request {launch.first_ms:.1f} ms, later ones {launch.warm_ms:.1f} ms"
        )

    def _launch(self, stack: Stack, scenario: Scenario, block: int) -> Launch:
        workload = translate(scenario.workloads[0], stack.protocol).workload
        begun_s = self._clock()
        with self._context.launcher.start(stack) as started:
            launch_ms = 1000 * (self._clock() - begun_s)
            first_ms = self._request_ms(started.address, workload)
            meter = meter_of(started.subject)
            settle(meter)
            usage = read(meter)
            # Only now, as verification sends the very request whose first answer is timed.
            self._context.trial_runner.verify(stack.name, started, (scenario,))
            warm_ms = self._warm_ms(started.address, workload, scenario.load)
        return Launch(block, launch_ms, first_ms, warm_ms, usage.cpu_s if usage else None)

    def _warm_ms(self, address: Address, workload: Workload, load: Load) -> float:
        requests = load.requests if isinstance(load, ClosedLoop) and load.requests else 1
        return statistics.median(self._request_ms(address, workload) for _ in range(requests))

    def _request_ms(self, address: Address, workload: Workload) -> float:
        begun_s = self._clock()
        reply = ask(address, workload, timeout_s=self._context.plan.options.timeout_s)
        taken_ms = 1000 * (self._clock() - begun_s)
        if reply.status != workload.status:
            raise VerifyError(f"{workload.label} answered {reply.status} instead of {workload.status}")
        return taken_ms
