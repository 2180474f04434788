"""The loop of the searches: each stack's next loads in turn, whatever they will be, until every search has ended."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from stackduel.launch.launcher import Launcher, Started
from stackduel.model.errors import LaunchError
from stackduel.model.findings import Finding, SearchResult
from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place, Result
from stackduel.observe.resources.usage import Meter
from stackduel.runner.attempts import Attempts, fit_for_more
from stackduel.runner.loop import Loop, Show
from stackduel.runner.trial_runner import TrialRunner
from stackduel.search.modes import begin
from stackduel.search.probe import Probe, Search
from stackduel.verify.verification import VerifyError


class SearchLoop(Loop):
    """Carries out a suite's searches in rounds, each stack of a round on a fresh server, and keeps every trial.

    A search that asks for a fresh server waits for the next round, so that a drift of the host's speed falls on all
    stacks alike.
    """

    def __init__(
        self,
        run: Run,
        stacks: Mapping[str, Stack],
        *,
        launcher: Launcher,
        bench: TrialRunner,
        keep: Callable[[Run], None],
        show: Show,
        strict: bool = False,
    ) -> None:
        super().__init__(run, stacks, launcher=launcher, bench=bench, keep=keep, show=show, strict=strict)
        settings = run.suite.search
        if settings is None:
            raise ValueError(f"suite {run.suite.name} searches for nothing")
        self._quests = {
            stack: [
                _Quest(stack, scenario, begin(settings, scenario, f"{run.seed}/{stack}/{scenario.name}"))
                for scenario in run.suite.scenarios
            ]
            for stack in stacks
        }

    def carry_out(self) -> Run:
        """Search until nothing is left to try; a stack that fails costs its own findings, never the run."""
        draw = random.Random(self.run.seed)  # noqa: S311 - an order, not a secret
        block = 0
        while open_ones := [stack for stack in self._quests if self._pending(stack)]:
            block += 1
            draw.shuffle(open_ones)
            for stack in open_ones:
                self._round(stack, self._pending(stack), block)
        return self.run

    def _pending(self, stack: str) -> list[_Quest]:
        return [quest for quest in self._quests[stack] if quest.probe is not None]

    def _round(self, name: str, quests: Sequence[_Quest], block: int) -> None:
        stack = self._stacks[name]
        step = PlanStep(block, name, tuple(quest.scenario for quest in quests))
        self._show.launching(step)
        try:
            with self._ready(stack, step.scenarios) as (started, meter):
                for quest in quests:
                    self._advance(quest, started, meter, block)
        except (LaunchError, VerifyError, ProcessLookupError) as error:
            for quest in quests:
                if quest.probe is not None:
                    self._keep_result(Failure(Place(name, quest.scenario.name, block), str(error)))
                    quest.give_up()

    def _advance(self, quest: _Quest, started: Started, meter: Meter | None, block: int) -> None:
        """Try what the search asks for, until it ends, wants a fresh server, or the server has ended."""
        first = True
        while (probe := quest.probe) is not None and started.failure() is None and (first or not probe.fresh):
            first = False
            scenario = quest.trying(probe)
            place = Place(quest.stack, scenario.name, block)
            self._show.measuring(place, scenario)
            result = self._try(place, scenario, started, meter, once=probe.once)
            if isinstance(result, Failure) and result.by_generator:
                # Not the server's doing, so nothing that a search could learn from.
                quest.give_up()
                return
            self._tell(quest, result)
            if quest.goes_on_here:
                if (ended := started.failure()) is not None:
                    # Another server would not be the one that is looked at.
                    failure = Failure(replace(place, scenario=quest.name), ended)
                    self._keep_result(failure)
                    self._tell(quest, failure)
            elif not fit_for_more(started, result):
                return

    def _tell(self, quest: _Quest, result: Result) -> None:
        """Tell the search what came of its probe, and keep what it has found by then."""
        found = quest.answer(result)
        if found is not None:
            self.run = self.run.with_finding(Finding(quest.stack, quest.scenario.name, found))
            self._keep(self.run)

    def _try(self, place: Place, scenario: Scenario, started: Started, meter: Meter | None, *, once: bool) -> Result:
        """Measure until a trial counts or fails, three times at most, on this server as long as it is fit for it.

        What is measured ``once`` is not repeated, and stays void where it may not count.
        """
        attempts = Attempts(place, scenario)
        while (at := attempts.next) is not None:
            result = self._bench.measure(at, scenario, started, meter)
            attempts.take(result)
            self._keep_result(result)
            if once:
                return result
            if not fit_for_more(started, result):
                break
        noisy = None if self._strict else attempts.noisy()
        if noisy is not None:
            self._keep_result(noisy)
        return noisy or result


class _Quest:
    """One search on one stack, and what it wants to try next: ``probe``, None when it has ended."""

    def __init__(self, stack: str, scenario: Scenario, search: Search[SearchResult]) -> None:
        self.stack = stack
        self.scenario = scenario
        self._search = search
        self.probe: Probe | None = next(search)

    def trying(self, probe: Probe) -> Scenario:
        """The scenario with the load to be tried, named by it."""
        return replace(self.scenario, name=self.name, load=probe.load)

    def answer(self, result: Result) -> SearchResult | None:
        """Tell the search what came of its probe; returns what it has found by then, None where that is nothing yet."""
        try:
            self.probe = self._search.send(result)
        except StopIteration as ended:
            self.probe = None
            found: SearchResult = ended.value
            return found
        so_far: SearchResult | None = self.probe.so_far
        return so_far

    @property
    def name(self) -> str:
        """What the next trial is called."""
        return f"{self.scenario.name}@{self.probe.label}" if self.probe else self.scenario.name

    @property
    def goes_on_here(self) -> bool:
        """Whether the next load is for this very server, whatever state that is in."""
        return self.probe is not None and self.probe.once and not self.probe.fresh

    def give_up(self) -> None:
        """Nothing more is to be tried."""
        self._search.close()
        self.probe = None
