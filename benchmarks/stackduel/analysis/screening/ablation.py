"""The results of an ablation from its trials, scenario by scenario."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from stackduel.analysis.screening.claims import judge
from stackduel.analysis.screening.linear_model import Estimate, LinearFit, Observation, combined, fit
from stackduel.analysis.screening.measures import MEASURES, measured
from stackduel.analysis.screening.published_claims import CLAIMS, PublishedClaim
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.ablation_settings import ALL_OFF, ALL_ON, AblationSettings
from stackduel.model.comparison import CONFIDENCE
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.search_results.ablation import Ablation, Effect, JudgedClaim, Measure, SwitchEffects
from stackduel.model.trial import Trial, counting_trials

# The logarithms of the measures of one trial.
LogMeasures = Mapping[Measure, float]


def with_effects(run: Run, block_s: float) -> Run:
    """Return the run of an ablation with its results so far; ``block_s`` is about how long a block takes."""
    settings = run.suite.search
    if not isinstance(settings, AblationSettings):
        return run
    spent_min = block_s * len({trial.place.block for trial in counting_trials(run.results)}) / 60
    for scenario in run.suite.scenarios:
        found = ablation_of(run, settings, scenario.name, spent_min)
        if found is not None:
            run = run.with_finding(Finding(ALL_ON, scenario.name, found))
    return run


def ablation_of(run: Run, settings: AblationSettings, scenario: str, spent_min: float) -> Ablation | None:
    """Return what the trials of a scenario say, None as long as they say nothing."""
    trials = [each for each in counting_trials(run.results) if each.place.scenario == scenario]
    screening = _Screening(settings, scenario, [(each, measured(each)) for each in trials])
    switches = tuple(screening.switch_effects())
    whole = {measure: found for measure in MEASURES if (found := screening.whole(measure))}
    if not whole and not any(each.effects for each in switches):
        return None
    noisy = sum(each.state == "noisy" for each in trials)
    effects_of_all = {measure: effect_of(measure, found) for measure, found in whole.items()}
    return Ablation(
        ablated=settings.ablated,
        trials=len(trials),
        planned=sum(map(len, settings.blocks[: run.suite.blocks])),
        noisy=noisy,
        switches=switches,
        interactions=tuple(screening.pair_effects()),
        whole=tuple(effects_of_all.values()),
        beyond=tuple(screening.beyond(whole)),
        interactions_p={
            measure: found.interactions_p
            for measure, found in screening.fits.items()
            if found.interactions_p is not None
        },
        claims=tuple(_judged(screening, effects_of_all, switches, spent_min, noisy=noisy > 0)),
        mixed=screening.is_mixed,
    )


def effect_of(measure: Measure, found: Estimate, comparisons: int = 1) -> Effect:
    """Return an estimate of a logarithm as a ratio with its interval."""
    low, high = found.bounds(CONFIDENCE, comparisons)
    return Effect(measure, math.exp(found.value), math.exp(low), math.exp(high))


def _judged(
    screening: _Screening,
    whole: Mapping[Measure, Effect],
    switches: Sequence[SwitchEffects],
    spent_min: float,
    *,
    noisy: bool,
) -> Iterator[JudgedClaim]:
    for claim in CLAIMS:
        found = screening.claimed(claim, whole)
        if found is not None:
            yield judge(claim, found, switches, spent_min, noisy=noisy)


class _Screening:
    """The trials of one scenario, with their measures, and the model that was fitted to each measure."""

    def __init__(self, settings: AblationSettings, scenario: str, trials: Sequence[tuple[Trial, LogMeasures]]) -> None:
        self._settings = settings
        self._scenario = scenario
        self._trials = trials
        self._names = [each.name for each in settings.switches]
        # In a full factorial every pair of switches has a column of its own.
        crossed = settings.design == "full-factorial"
        self._pairs = list(combinations(self._names, 2)) if crossed else []
        fitted = {measure: fit(self._observations(measure)) for measure in MEASURES}
        self.fits: dict[Measure, LinearFit] = {name: found for name, found in fitted.items() if found is not None}

    @property
    def is_mixed(self) -> bool:
        """Whether the main effects of a mirrored design have parts of interactions in them."""
        mirrored = self._settings.design == "plackett-burman"
        return mirrored and any(found.interactions_p is None for found in self.fits.values())

    def switch_effects(self) -> Iterator[SwitchEffects]:
        """Yield the main effects of the switches that can make a difference here."""
        here = [each.name for each in self._settings.switches if self._scenario in each.scenarios]
        for name in here:
            effects = {measure: self._estimate(measure, (name,)) for measure in self.fits}
            yield SwitchEffects(name, tuple(_effects(effects, len(here))))

    def pair_effects(self) -> Iterator[SwitchEffects]:
        """Yield for each pair the ratio of one switch's effect with the other on to that with it off."""
        for pair in self._pairs:
            column = self._pairs.index(pair) + len(self._names)
            halves = {measure: self._weighted(measure, {column}) for measure in self.fits}
            # The column's effect is half of the difference between the two effects.
            effects = {measure: _times(found, 2) for measure, found in halves.items()}
            yield SwitchEffects(" x ".join(pair), tuple(_effects(effects, len(self._pairs))))

    def whole(self, measure: Measure) -> Estimate | None:
        """Return everything on against everything off, from the blocks that hold both; None with fewer than five."""
        logs: dict[int, dict[str, float]] = {}
        for trial, values in self._trials:
            if trial.place.stack in {ALL_OFF, ALL_ON} and measure in values:
                logs.setdefault(trial.place.block, {})[trial.place.stack] = values[measure]
        ratios = [pair[ALL_ON] - pair[ALL_OFF] for pair in logs.values() if len(pair) == 2]
        count = len(ratios)
        if count < FEWEST_BLOCKS:
            return None
        mean = math.fsum(ratios) / count
        variance = math.fsum((each - mean) ** 2 for each in ratios) / (count - 1)
        return Estimate(mean, math.sqrt(variance / count), count - 1)

    def beyond(self, whole: Mapping[Measure, Estimate]) -> Iterator[Effect]:
        """Yield the whole over the product of all main effects, where both were measured by themselves."""
        if self._settings.design == "full-factorial":
            return
        for measure, found in whole.items():
            product = self._estimate(measure, self._names)
            if product is not None:
                yield effect_of(measure, combined(found, product))

    def claimed(self, claim: PublishedClaim, whole: Mapping[Measure, Effect]) -> Effect | None:
        """Return what was measured of a claim: of all switches, or of those that it names together."""
        if claim.scenarios and self._scenario not in claim.scenarios:
            return None
        if not claim.switches:
            return whole.get(claim.measure) if not self._settings.chosen else None
        is_measured = set(claim.switches) <= set(self._names)
        found = self._estimate(claim.measure, claim.switches) if is_measured else None
        return None if found is None else effect_of(claim.measure, found)

    def _estimate(self, measure: Measure, switches: Iterable[str]) -> Estimate | None:
        return self._weighted(measure, {self._names.index(name) for name in switches})

    def _weighted(self, measure: Measure, columns: set[int]) -> Estimate | None:
        found = self.fits.get(measure)
        width = len(self._names) + len(self._pairs)
        return None if found is None else found.effect([float(column in columns) for column in range(width)])

    def _observations(self, measure: Measure) -> list[Observation]:
        """Return the logarithms of the design's runs; none where any run lacks the measure."""
        arms = {arm.name: arm for arm in self._settings.arms}
        blocks = frozenset(self._settings.design_blocks)
        found = []
        for trial, values in self._trials:
            if trial.place.block not in blocks:
                continue
            if measure not in values:
                return []
            arm = arms[trial.place.stack]
            levels = {name: 1 if name in arm.on else -1 for name in self._names}
            products = (levels[one] * levels[other] for one, other in self._pairs)
            found.append(Observation(trial.place.block, (*levels.values(), *products), values[measure], arm.pair))
        return found


def _effects(estimates: Mapping[Measure, Estimate | None], comparisons: int) -> Iterator[Effect]:
    for measure, found in estimates.items():
        if found is not None:
            yield effect_of(measure, found, comparisons)


def _times(found: Estimate | None, factor: float) -> Estimate | None:
    return found and replace(found, value=factor * found.value, error=factor * found.error)
