"""Bounds of gates that the user made looser than the method's, and the trials that count only because of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackduel.analysis.gates import METHOD
from stackduel.analysis.trial_gates import NOTED_ONLY, GateInputs, check_gates
from stackduel.model.run import Run
from stackduel.model.trial import HostNoise, Trial, counting_trials

# A trial passes these with at least the bound, all others with at most it.
_AT_LEAST = frozenset({"sent", "headroom"})
# The gates whose bounds have other names.
_GATES = {"lateness_ms": "lateness", "lateness_of_p50": "lateness", "throttled_s": "throttling"}
# Above this share of steal a trial passes as well; its gate only says so.
_ONLY_NOTED = frozenset({"steal_noted"})


@dataclass(frozen=True, slots=True)
class LoosenedBound:
    """A bound of a gate, by its option's name, that lets pass what the default would not."""

    name: str
    bound: float
    default: float


def loosened_bounds(gates: Mapping[str, float]) -> tuple[LoosenedBound, ...]:
    """Return the bounds of a run's options that are looser than the method's."""
    changed = (LoosenedBound(name, bound, getattr(METHOD, name)) for name, bound in gates.items())
    return tuple(each for each in changed if each.name not in _ONLY_NOTED and _is_looser(each))


def trials_by_looser_bounds(run: Run) -> int:
    """Return how many of the trials that count would be void by the method's own bounds."""
    names = {each.name for each in loosened_bounds(run.options.gates)}
    gates = {_GATES.get(name, name.replace("_", "-")) for name in names}
    return sum(
        trial.state == "ok" and not gates.isdisjoint(_closed_by_default(run, trial))
        for trial in (counting_trials(run.results) if gates else ())
    )


def noted_only(trial: Trial) -> list[str]:
    """Return the gates that only stayed open because server and generator share their cores."""
    return [gate.name for gate in trial.gates if gate.ok and gate.detail.endswith(NOTED_ONLY)]


def _is_looser(each: LoosenedBound) -> bool:
    return each.bound < each.default if each.name in _AT_LEAST else each.bound > each.default


def _closed_by_default(run: Run, trial: Trial) -> list[str]:
    """Return the gates that the method's own bounds close."""
    scenario = next((each for each in run.suite.scenarios if each.name == trial.place.scenario), None)
    facts, budget = run.stacks.get(trial.place.stack), run.environment.budget
    if scenario is None:  # a probe of a search has a load of its own
        return []
    inputs = GateInputs(
        slots=facts.waiting_slots if facts else None,
        null_rate_rps=trial.null_rate_rps,
        shared_cores=bool(budget and set(budget.server) & set(budget.generator)),
    )
    gates = check_gates(trial.measurement, scenario, trial.noise or HostNoise(), inputs)
    return [gate.name for gate in gates if not gate.ok]
