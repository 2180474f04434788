"""The loop of the searches: each stack's next loads in turn, until every search has ended."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace

from stackduel.launch.launcher import Started
from stackduel.model.errors import LaunchError
from stackduel.model.findings import Finding, SearchResult
from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.search_settings import CapacitySettings, SearchSettings
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place, Result
from stackduel.observe.resources.usage import Meter
from stackduel.process.interrupts import go_on_interrupting
from stackduel.runner.attempts import Attempts
from stackduel.runner.loop import Loop
from stackduel.runner.run_context import RunContext
from stackduel.runner.search_clock import SearchClock
from stackduel.search.modes import begin
from stackduel.search.probe import Probe, Search
from stackduel.verify.verification import VerifyError


class SearchLoop(Loop):
    """Runs a suite's searches in rounds, each stack of a round on a fresh server, and saves every trial.

    A search that asks for a fresh server waits for the next round, so that a drift of the host's speed falls on all
    stacks alike.
    """

    def __init__(self, context: RunContext, run: Run, settings: SearchSettings) -> None:
        super().__init__(context, run)
        self._searches = {
            stack: [
                _StackSearch(stack, scenario, settings, f"{run.seed}/{stack}/{scenario.name}")
                for scenario in context.plan.suite.scenarios
            ]
            for stack in context.plan.stacks
        }

    def measure(self) -> Run:
        """Search until nothing is left to try; a stack that fails costs its own findings, never the run."""
        draw = random.Random(self.run.seed)  # noqa: S311 - an order, not a secret
        block = 0
        while open_stacks := [stack for stack in self._searches if self._pending(stack)]:
            block += 1
            draw.shuffle(open_stacks)
            for stack in open_stacks:
                searches = self._pending(stack)
                self._round(stack, searches, block)
                self._give_back_time(searches)
        return self.run

    def _give_back_time(self, searches: Sequence[_StackSearch]) -> None:
        """Let the progress know of the time that searches which ended have left."""
        if unused_s := sum(each.unused_s for each in searches if each.probe is None):
            self._context.progress.plan_more({"": -unused_s})

    def _pending(self, stack: str) -> list[_StackSearch]:
        return [search for search in self._searches[stack] if search.probe is not None]

    def _round(self, name: str, searches: Sequence[_StackSearch], block: int) -> None:
        stack = self._context.plan.stacks[name]
        step = PlanStep(block, name, tuple(search.scenario for search in searches))
        sandbox = self._context.trial_runner.sandbox
        sandbox.restore()
        self._context.progress.launching(step)
        began_s = time.monotonic()
        try:
            with self._ready(stack, step.scenarios) as (started, meter):
                ready_s = (time.monotonic() - began_s) / len(searches)
                for search in searches:
                    search.clock.add(ready_s)
                    with search.clock:
                        self._advance(search, started, meter, block)
        except (LaunchError, VerifyError, ProcessLookupError) as error:
            go_on_interrupting(error)
            if (part := sandbox.lost()) is not None:
                # The searches go on in the next round.
                if not sandbox.knows(part):
                    self._save_result(sandbox.trial_without(part, Place(name, searches[0].scenario.name, block)))
                return
            failed = self._pending(name)
            self._fail_step(step, [search.scenario for search in failed], str(error))
            for search in failed:
                search.give_up()

    def _advance(self, search: _StackSearch, started: Started, meter: Meter | None, block: int) -> None:
        """Measure the probes of a search until it ends, wants a fresh server, or the server has ended."""
        first = True
        while (probe := search.probe) is not None and started.failure() is None and (first or not probe.fresh):
            first = False
            scenario = search.scenario_of(probe)
            place = Place(search.stack, scenario.name, block)
            self._context.progress.measuring(place, scenario)
            result = self._measure(place, scenario, started, meter, search)
            if result is None:
                return
            if isinstance(result, Failure) and result.state == "void" and not search.stays_here:
                return
            if isinstance(result, Failure) and (result.by_generator or result.state == "void"):
                # A fault of the generator teaches the search nothing about the server.
                search.give_up()
                return
            self._advise(search, result)
            if search.stays_here:
                if (ended := started.failure()) is not None:
                    # The search is about this very server: a fresh one would not do.
                    failure = Failure(replace(place, scenario=search.name), ended)
                    self._save_result(failure)
                    self._advise(search, failure)
            elif not self._goes_on(search.stack, started, result):
                return

    def _advise(self, search: _StackSearch, result: Result) -> None:
        """Give the search the result of its probe, and save the finding that it has reached."""
        finding = search.send(result)
        if finding is not None:
            self._save(self.run.with_finding(Finding(search.stack, search.scenario.name, finding)))

    def _measure(
        self, place: Place, scenario: Scenario, started: Started, meter: Meter | None, search: _StackSearch
    ) -> Result | None:
        """Measure until a trial counts or fails, three times at most; None if the next attempt is for a fresh server.

        A void trial is not repeated if its probe is measured once, or if the search has no time for it.
        """
        attempts = search.attempts or Attempts(place, scenario)
        search.attempts = None
        while (at := attempts.next) is not None:
            result = self._context.trial_runner.measure(at, scenario, started, meter)
            attempts.take(result)
            self._save_result(result)
            if search.probe is not None and search.probe.once:
                return result
            if isinstance(result, Failure) or result.counts or not search.has_time_to_repeat:
                break
            if not self._goes_on(place.stack, started, result):
                if attempts.next is None:
                    break
                search.attempts = attempts
                return None
        noisy = None if self._context.plan.options.strict else attempts.noisy()
        if noisy is not None:
            self._save_result(noisy)
        return noisy or result


class _StackSearch:
    """One search on one stack; ``probe`` is the load that it wants to try next, None when it has ended."""

    def __init__(self, stack: str, scenario: Scenario, settings: SearchSettings, seed: str) -> None:
        self.stack = stack
        self.scenario = scenario
        self._allowance_s = settings.allowance_s if isinstance(settings, CapacitySettings) else None
        self.clock = SearchClock()
        # Those at the probe that other servers have begun, None where there are none.
        self.attempts: Attempts | None = None
        self._search: Search[SearchResult] = begin(settings, scenario, seed, self.clock.spent_s)
        self.probe: Probe | None = next(self._search)

    def scenario_of(self, probe: Probe) -> Scenario:
        """Return the scenario with the load of a probe, named by it."""
        return replace(self.scenario, name=self.name, load=probe.load)

    def send(self, result: Result) -> SearchResult | None:
        """Give the search the result of its probe; return its finding so far, None if there is none yet."""
        try:
            self.probe = self._search.send(result)
        except StopIteration as ended:
            self.probe = None
            last: SearchResult = ended.value
            return last
        so_far: SearchResult | None = self.probe.so_far
        return so_far

    @property
    def has_time_to_repeat(self) -> bool:
        """Whether another window of the probe would end in time."""
        if self.probe is None or self.probe.until_s is None:
            return True
        load = self.probe.load
        return self.clock.spent_s() + load.warmup_s + (load.duration_s or 0.0) <= self.probe.until_s

    @property
    def unused_s(self) -> float:
        """The seconds of the allowance that were not needed; none where the search had no allowance."""
        return 0.0 if self._allowance_s is None else max(0.0, self._allowance_s - self.clock.spent_s())

    @property
    def name(self) -> str:
        """The name of the next trial."""
        return f"{self.scenario.name}@{self.probe.label}" if self.probe else self.scenario.name

    @property
    def stays_here(self) -> bool:
        """Whether the next load is for this very server, even if it has ended."""
        return self.probe is not None and self.probe.once and not self.probe.fresh

    def give_up(self) -> None:
        """End the search without a finding."""
        self._search.close()
        self.probe = None
