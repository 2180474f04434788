"""How large an ablation is: as many replicates and as long windows as its time holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stackduel.analysis.screening.designs import runs_for
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.ablation_settings import AblationSettings, Arm
from stackduel.model.errors import FieldError
from stackduel.model.suite import Scenario
from stackduel.planning.ablation_arms import ArmsByBlock, factorial_arms, screening_arms
from stackduel.planning.ablation_requests import WINDOW_S, with_window
from stackduel.planning.estimates import Pace, scenario_seconds

# Two with the design and two with its mirror image: interactions cancel, and equal runs show how much chance does.
REPLICATES = 4
MOST_REPLICATES = 24
CROSSED_REPLICATES = 10
MOST_CROSSED = 60
# A window holds some hundreds of requests at least; of longer ones more replicates are worth more.
WINDOWS_S = (4.0, 3.0, WINDOW_S, 1.5, 1.0, 0.75, 0.5)


@dataclass(frozen=True, slots=True)
class AblationSize:
    """The arms and blocks of an ablation, and its scenarios with windows that fit."""

    arms: tuple[Arm, ...]
    blocks: tuple[tuple[str, ...], ...]
    scenarios: tuple[Scenario, ...]


def sized(
    switches: Sequence[str], scenarios: Sequence[Scenario], pace: Pace, budget_s: float | None, *, crossed: bool
) -> AblationSize:
    """Return the ablation that fits into the time, or the usual one without a time.

    Raises FieldError that says how much time is needed.
    """
    make = _factorial(switches) if crossed else _screening(switches)
    usual, fewest, most, step = _counts(crossed=crossed)
    if budget_s is None:
        return _size(make(usual), scenarios, WINDOW_S)
    # Every value of every switch is tried before, by starting everything off and everything on.
    budget_s -= 2 * pace.launch_s
    for least in (usual, fewest):
        for window_s in WINDOWS_S:
            shown = [with_window(each, window_s) for each in scenarios]
            counts = range(least, most + 1, step)
            fitting = [count for count in counts if _seconds(make(count), shown, pace) <= budget_s]
            if fitting:
                return _size(make(fitting[-1]), scenarios, window_s)
    shortest = [with_window(each, WINDOWS_S[-1]) for each in scenarios]
    needed_s = _seconds(make(fewest), shortest, pace) + 2 * pace.launch_s
    # Rounded up, so that the time that the message names is enough.
    raise FieldError(
        f"--time-budget: at least {(int(needed_s / 6) + 1) / 10:g} minutes are needed for {len(switches)} switches in "
        f"{len(scenarios)} scenarios"
    )


def blocks_within(settings: AblationSettings, arm_s: float, left_s: float) -> int:
    """Return how many blocks the ablation gets if its first one is done, an arm takes so long and so much time is left.

    A screening ends only where as many replicates hold the design as its mirror image, and no ablation before it has
    enough for an interval.
    """
    first = settings.blocks[0]
    if settings.design == "full-factorial":
        ends = [*range(FEWEST_BLOCKS, len(settings.blocks) + 1)]
    else:
        begins = [number for number, block in enumerate(settings.blocks) if block == first]
        ends = [*begins[1:], len(settings.blocks)]
    fitting = [end for end in ends if arm_s * sum(map(len, settings.blocks[1:end])) <= left_s]
    return int(max(fitting, default=min(ends)))


def _counts(*, crossed: bool) -> tuple[int, int, int, int]:
    """Return how many replicates are usual, the fewest, the most, and by how many their number grows."""
    if crossed:
        return CROSSED_REPLICATES, FEWEST_BLOCKS, MOST_CROSSED, 1
    return REPLICATES, REPLICATES // 2, MOST_REPLICATES, 2


def _screening(switches: Sequence[str]) -> Callable[[int], ArmsByBlock]:
    runs = runs_for(len(switches))
    return lambda replicates: screening_arms(switches, runs, replicates)


def _factorial(switches: Sequence[str]) -> Callable[[int], ArmsByBlock]:
    return lambda replicates: factorial_arms(switches, replicates)


def _seconds(arms: ArmsByBlock, scenarios: Sequence[Scenario], pace: Pace) -> float:
    starts = sum(map(len, arms.blocks))
    return starts * (pace.launch_s + sum(scenario_seconds(each, pace) for each in scenarios))


def _size(arms: ArmsByBlock, scenarios: Sequence[Scenario], window_s: float) -> AblationSize:
    return AblationSize(arms.arms, arms.blocks, tuple(with_window(each, window_s) for each in scenarios))
