"""The loop of the cold starts: every stack launched again and again, in interleaved rounds."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stackduel.inference.translation import UnspokenError, spoken
from stackduel.launch.launcher import Launcher
from stackduel.model.errors import LaunchError
from stackduel.model.findings import Launch
from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.search_settings import ColdStartSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Load, Scenario, Workload
from stackduel.model.target import Address
from stackduel.model.trial import Failure, Place
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.resource_watch import read
from stackduel.observe.resources.settle import settle
from stackduel.runner.loop import Show
from stackduel.runner.trial_runner import TrialRunner
from stackduel.search.cold_start import concluded
from stackduel.verify.exchange import ExchangeError, ask
from stackduel.verify.verification import VerifyError


class Teller(Show, Protocol):
    """Whoever tells the user what is going on, lines that stay among it."""

    def say(self, text: str) -> None:
        """A line that stays."""


@dataclass
class ColdStartLoop:
    """Launches every stack as often as the settings say, and keeps what each launch showed.

    Every request is sent by one and the same plain client, on a connection of its own: the first answer and the later
    ones then differ by what the server does alone.
    """

    run: Run
    stacks: Mapping[str, Stack]
    settings: ColdStartSettings
    launcher: Launcher
    bench: TrialRunner
    keep: Callable[[Run], None]
    show: Teller
    timeout_s: float
    clock: Callable[[], float] = time.perf_counter
    _launches: dict[str, dict[str, list[Launch]]] = field(default_factory=dict)
    _refused: dict[str, str] = field(default_factory=dict)

    def carry_out(self) -> Run:
        """Launch in rounds, each stack once in each, in an order that is drawn; a stack that fails is left out."""
        draw = random.Random(self.run.seed)  # noqa: S311 - an order, not a secret
        self._launches = {scenario.name: {name: [] for name in self.stacks} for scenario in self.run.suite.scenarios}
        for block in range(1, self.settings.launches + 1):
            for scenario in self.run.suite.scenarios:
                order = [name for name in self.stacks if name not in self._refused]
                draw.shuffle(order)
                for name in order:
                    self._carry_out(name, scenario, block)
        return self.run

    def _carry_out(self, name: str, scenario: Scenario, block: int) -> None:
        self.show.launching(PlanStep(block, name, (scenario,)))
        try:
            launch = self._launch(self.stacks[name], scenario, block)
        except (LaunchError, VerifyError, ExchangeError, UnspokenError, ProcessLookupError) as error:
            self._refused[name] = str(error)
            failure = Failure(Place(name, scenario.name, block), str(error))
            self.run = self.run.plus(failure)
            self.show.finished(failure)
        else:
            self._launches[scenario.name][name].append(launch)
            for finding in concluded(self._launches[scenario.name], self.run.baseline, scenario.name):
                self.run = self.run.with_finding(finding)
            self.show.say(
                f"launch {block} of {self.settings.launches}, {name}: answered after {launch.launch_ms:.0f} ms, "
                f"first request {launch.first_ms:.1f} ms, later ones {launch.warm_ms:.1f} ms"
            )
        self.keep(self.run)

    def _launch(self, stack: Stack, scenario: Scenario, block: int) -> Launch:
        asked = spoken(scenario.workloads[0], stack.protocol).workload
        begun_s = self.clock()
        with self.launcher.start(stack) as started:
            launch_ms = 1000 * (self.clock() - begun_s)
            first_ms = self._request_ms(started.address, asked)
            meter = meter_of(started.subject)
            settle(meter)
            usage = read(meter)
            # Only now, as it asks for the very answer that was to be the first.
            self.bench.verify(stack.name, started, (scenario,))
            warm_ms = self._warm_ms(started.address, asked, scenario.load)
        return Launch(block, launch_ms, first_ms, warm_ms, usage.cpu_s if usage else None)

    def _warm_ms(self, address: Address, asked: Workload, load: Load) -> float:
        requests = load.requests if isinstance(load, ClosedLoop) and load.requests else 1
        return statistics.median(self._request_ms(address, asked) for _ in range(requests))

    def _request_ms(self, address: Address, asked: Workload) -> float:
        begun_s = self.clock()
        reply = ask(address, asked, timeout_s=self.timeout_s)
        taken_ms = 1000 * (self.clock() - begun_s)
        if reply.status != asked.status:
            raise VerifyError(f"{asked.label} answered {reply.status} instead of {asked.status}")
        return taken_ms
