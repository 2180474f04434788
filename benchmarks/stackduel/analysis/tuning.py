"""Conclusions from the trials of a tuning: which command was confirmed to be better, and what to change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.decision import decide, margin
from stackduel.analysis.screening.measures import MORE_IS_BETTER, measured
from stackduel.analysis.slo import parse_slo
from stackduel.analysis.statistics.intervals import Interval, interval
from stackduel.analysis.tune_leaks import leaks
from stackduel.analysis.tune_screening import KEPT_SHARE, failed_text, screened
from stackduel.analysis.tune_sentences import nothing_is_left, reason_for, reason_for_none
from stackduel.analysis.tune_shared_state import shared_state_text
from stackduel.analysis.tune_waits import RequestAlone, needed_slots, request_alone
from stackduel.model.aa_pair import is_twin, twin_of
from stackduel.model.command_lines import install_line, shell_line
from stackduel.model.comparison import Comparison
from stackduel.model.findings import Finding
from stackduel.model.histogram import Histogram, summarise
from stackduel.model.run import Run
from stackduel.model.search_results.ablation import Measure
from stackduel.model.search_results.tuned import Confirmed, Tuned
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure
from stackduel.model.tune_settings import TuneSettings
from stackduel_servers.registry import TIERS

# Candidates this close are equally good: then the smaller change is, and of equal changes the one with less memory.
AS_GOOD = 1.02


def with_tuning(run: Run, settings: TuneSettings, block_s: float | None = None) -> Run:
    """Return the run of a tuning with its conclusions so far: comparisons, ceilings, and what to change."""
    if not run.done():
        return run
    scenario = run.suite.scenarios[0]
    alone = request_alone(run, scenario.name)
    concluded = _concluded(run, scenario, alone, block_s)
    return replace(
        run,
        comparisons=concluded.comparisons,
        limits=concluded.limits,
        findings=(Finding(run.baseline, scenario.name, _tuned(concluded, run, settings, alone)),),
    )


def _concluded(run: Run, scenario: Scenario, alone: RequestAlone, block_s: float | None) -> Run:
    """Return the conclusions from the confirmation alone; how long a request waits is known from its own trial."""
    workloads = tuple(
        each if each.wait_s is not None or alone.wait_s is None else replace(each, wait_s=alone.wait_s)
        for each in scenario.workloads
    )
    results = tuple(each for each in run.results if each.place.scenario == scenario.name)
    suite = replace(run.suite, search=None, scenarios=(replace(scenario, workloads=workloads),))
    return conclude(replace(run, suite=suite, results=results), block_s)


def _tuned(concluded: Run, run: Run, settings: TuneSettings, alone: RequestAlone) -> Tuned:
    scenario = run.suite.scenarios[0].name
    measure = _measure(concluded, settings, scenario)
    confirmation = _Confirmation(concluded, settings, scenario, measure, leaks(run))
    confirmed = tuple(confirmation.all())
    best = confirmation.best(confirmed)
    current = next((each for each in confirmed if each.stack == run.baseline), None)
    return Tuned(
        before=_line(run, run.baseline),
        after=_line(run, best.stack) if best else None,
        recommended=best.stack if best else None,
        measure=measure,
        screened=screened(run, settings),
        confirmed=confirmed,
        blocks=max((each.blocks for each in concluded.comparisons), default=0),
        reason=reason_for(best, current, measure) if best else reason_for_none(confirmed, run.baseline, measure),
        undecided=best is None and not nothing_is_left(confirmed, run.baseline),
        wait_ms=None if alone.wait_s is None else 1000 * alone.wait_s,
        cpu_ms=None if alone.cpu_s is None else 1000 * alone.cpu_s,
        slots=slots_needed(run, alone),
        shared_state=shared_state_text(run, settings),
        before_needs=install_line(run.stacks[run.baseline]),
        after_needs=install_line(run.stacks[best.stack]) if best else None,
    )


def slots_needed(run: Run, alone: RequestAlone) -> int | None:
    """Return how many requests a server has to hold at once to keep its cores busy; None where that is not known."""
    if alone.wait_s is None or alone.cpu_s is None:
        return None
    cores = len(run.environment.budget.server) if run.environment.budget else 1
    return needed_slots(alone.wait_s, alone.cpu_s, cores, run.suite.scenarios[0].load.connections)


def _measure(run: Run, settings: TuneSettings, scenario: str) -> Measure:
    """Return the measure that decides: the mean latency where the windows hold too few requests for a p99."""
    wanted: Measure = settings.objective
    known = [measured(trial) for trial in run.trials(scenario, run.baseline)]
    return "mean" if wanted == "p99" and not all("p99" in each for each in known) else wanted


def _line(run: Run, stack: str) -> str:
    return shell_line(run.stacks[stack]) or stack


@dataclass(frozen=True, slots=True)
class _Confirmation:
    """The blocks of a tuning's confirmation, with the conclusions from them, the measure that decides, and a sentence
    for each leak.
    """

    run: Run
    settings: TuneSettings
    scenario: str
    measure: Measure
    leaks: Mapping[str, str]

    def all(self) -> Iterator[Confirmed]:
        """Yield the current command and every candidate that was in a block, in the order of the stacks."""
        for stack in self.run.stacks:
            if not is_twin(stack) and any(self.run.attempts(self.scenario, stack)):
                yield self._confirmed(stack)

    def best(self, confirmed: Sequence[Confirmed]) -> Confirmed | None:
        """Return the candidate to change to; None if nothing is shown to be better than the current command."""
        current = next((each for each in confirmed if each.stack == self.run.baseline), None)
        broken = self.settings.slo is not None and current is not None and self._broken(current.stack) is not None
        able = [
            each
            for each in confirmed
            if each is not current and each.refused is None and each.gain is not None
            and (each.verdict == "faster" or (broken and each.verdict != "not tested"))
        ]  # fmt: skip
        most = max((each.gain or 0.0 for each in able), default=0.0)
        as_good = [each for each in able if (each.gain or 0.0) * AS_GOOD >= most]
        return min(as_good, key=self._cost, default=None)

    def _cost(self, each: Confirmed) -> tuple[int, float]:
        return TIERS.index(self.run.stacks[each.stack].tier), each.memory_mib or math.inf

    def _confirmed(self, stack: str) -> Confirmed:
        trials = self.run.trials(self.scenario, stack)
        latency = summarise(Histogram.sum(trial.measurement.latency for trial in trials))
        memory = [trial.cost.memory_peak_mib for trial in trials if trial.cost]
        compared = self._compared(stack)
        binds = next((each.binds for each in self.run.limits if each.stack == stack), None)
        return Confirmed(
            stack=stack,
            gain=compared.speedup if compared else None,
            low=compared.low if compared else None,
            high=compared.high if compared else None,
            verdict=compared.verdict if compared else "not tested",
            rate_rps=fmean(trial.rate_rps for trial in trials) if trials else None,
            p99_ms=latency.p99,
            mean_ms=latency.mean,
            memory_mib=max(memory) if memory else None,
            binds=binds,
            size=compared.size if compared else None,
            refused=None if stack == self.run.baseline else self._refused(stack),
        )

    def _compared(self, stack: str) -> Comparison | None:
        """Return the comparison with the current command by the measure that decides."""
        throughput = next((each for each in self.run.comparisons if each.candidate == stack), None)
        if self.measure == "throughput" or throughput is None:
            return throughput
        finalists = sum(not is_twin(each.candidate) for each in self.run.comparisons)
        logs = self._logs(stack)
        if not logs:
            return None
        found = interval(logs, max(1, finalists))
        twins: Interval | None = interval(self._logs(twin_of(self.run.baseline)))
        bound = margin(twins)
        return replace(
            throughput,
            speedup=math.exp(fmean(logs)),
            low=found.low if found else None,
            high=found.high if found else None,
            verdict=decide(found, bound, noisy=throughput.noisy),
            margin=bound,
            blocks=len(logs),
            size=None,
        )

    def _logs(self, stack: str) -> list[float]:
        """Return the logarithm of how many times better a stack is than the current command, block by block."""
        sign = 1 if self.measure in MORE_IS_BETTER else -1
        mine, theirs = (
            {trial.place.block: measured(trial) for trial in self.run.trials(self.scenario, each)}
            for each in (stack, self.run.baseline)
        )
        return [
            sign * (mine[block][self.measure] - theirs[block][self.measure])
            for block in sorted(mine.keys() & theirs.keys())
            if self.measure in mine[block] and self.measure in theirs[block]
        ]

    def _refused(self, stack: str) -> str | None:
        """Return why a candidate is not recommended, however fast it is."""
        failures = [each for each in self.run.attempts(self.scenario, stack) if isinstance(each, Failure)]
        if failures:
            return failures[0].reason.partition("\n")[0]
        trials = [each for each in self.run.attempts(self.scenario, stack) if not isinstance(each, Failure)]
        if text := failed_text(trials):
            return text
        return self.leaks.get(stack) or self._broken(stack) or self._serves_less(stack)

    def _broken(self, stack: str) -> str | None:
        """Return which bound of the service level a stack breaks over all blocks."""
        if self.settings.slo is None:
            return None
        trials = self.run.trials(self.scenario, stack)
        return parse_slo(self.settings.slo).broken_by_latency(
            Histogram.sum(trial.measurement.latency for trial in trials)
        )

    def _serves_less(self, stack: str) -> str | None:
        """Return why the least memory is not worth it: a server that serves less needs less."""
        if self.settings.objective != "memory":
            return None
        throughput = next((each for each in self.run.comparisons if each.candidate == stack), None)
        if throughput is None or (throughput.verdict != "slower" and throughput.speedup >= KEPT_SHARE):
            return None
        return f"it serves {throughput.speedup:.2f} times the requests of the current command"
