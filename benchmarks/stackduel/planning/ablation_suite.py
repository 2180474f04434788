"""The suite of ``stackduel ablate``: the switches of one stack, and the requests that show what they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis.screening.designs import MOST_SWITCHES
from stackduel.model.ablation_settings import ALL_OFF, AblatedSwitch, AblationSettings, UnmeasuredSwitch
from stackduel.model.errors import FieldError
from stackduel.model.run_options import STARTING, RunOptions
from stackduel.model.similar import did_you_mean
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Scenario, Suite
from stackduel.planning.ablation_requests import asked_requests, kinds_of, usual_requests
from stackduel.planning.ablation_size import sized
from stackduel.planning.pace import pace_of
from stackduel.planning.registry import registered_stacks, stack_named
from stackduel_servers.switches import SWITCHES, Switch, Touched, applicable

SUITE = "ablation"
# Of so many switches every combination is measured.
MOST_CROSSED = 3


@dataclass(frozen=True, slots=True)
class AblationRequest:
    """The stack whose switches are measured, and what the user chose of the rest.

    ``switches`` are None for all that have an effect on the stack, ``path`` and ``suite`` for a request of every kind
    that a switch touches.
    """

    stack: str
    switches: tuple[str, ...] | None = None
    path: str | None = None
    suite: str | None = None


def ablation_suite(options: RunOptions, wanted: AblationRequest) -> Suite:
    """Return the suite whose stacks are the arms of the ablation; raises FieldError."""
    stack = stack_named(wanted.stack, registered_stacks())
    if options.launcher not in STARTING:
        raise FieldError(f"--launcher: {options.launcher} starts no stack with other settings: local or docker")
    asked = asked_requests(wanted.path, wanted.suite)
    requests = usual_requests() if asked is None else asked
    chosen = _chosen(stack, wanted.switches)
    touched = {each.name: _touched(each, requests) for each in chosen}
    measured, unmeasured = divided(touched)
    unmeasured = (*unmeasured, *_left_to_name(stack, wanted.switches))
    if not measured:
        raise FieldError(f"--path: no request of this ablation touches a switch of {wanted.stack}; choose another one")
    if len(measured) > MOST_SWITCHES:
        raise FieldError(f"--switch: at most {MOST_SWITCHES} switches together, and {wanted.stack} has {len(measured)}")
    names = [each.name for each in measured]
    scenarios = needed(requests, measured, {each.name: each.touches for each in chosen}) if asked is None else requests
    shown = {each.name for each in scenarios}
    crossed = len(names) <= MOST_CROSSED
    size = sized(names, scenarios, pace_of(stack, options, options.cores or 1), options.time_budget_s, crossed=crossed)
    settings = AblationSettings(
        ablated=wanted.stack,
        design="full-factorial" if crossed else "plackett-burman",
        switches=tuple(replace(each, scenarios=tuple(filter(shown.__contains__, each.scenarios))) for each in measured),
        arms=size.arms,
        blocks=size.blocks,
        unmeasured=unmeasured,
        chosen=wanted.switches is not None,
    )
    about = f"What each switch of {wanted.stack} does, alone and together with the others."
    arms, blocks = tuple(arm.name for arm in size.arms), len(size.blocks)
    return Suite(SUITE, about, ALL_OFF, arms, blocks, size.scenarios, most_blocks=blocks, search=settings)


def _chosen(stack: Stack, names: Sequence[str] | None) -> tuple[Switch, ...]:
    """Return the switches that the user named, else all that have an effect on the stack."""
    has = applicable(stack.source.entry) if isinstance(stack.source, Registered) else ()
    if not has:
        raise FieldError(f"STACK: {stack.name} has no switch")
    if names is None:
        return tuple(each for each in has if each.needs is None)
    by_name = {each.name: each for each in has}
    for name in names:
        if name not in by_name:
            other = f" has no effect on {stack.name}" if name in {each.name for each in SWITCHES} else " is unknown"
            close = did_you_mean(name, by_name) or f"; it has {', '.join(by_name)}"
            raise FieldError(f"--switch: {name!r}{other}{close}")
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _left_to_name(stack: Stack, names: Sequence[str] | None) -> tuple[UnmeasuredSwitch, ...]:
    """Return the switches that are measured only where the user names them, because something must be built first."""
    if names is not None or not isinstance(stack.source, Registered):
        return ()
    return tuple(
        UnmeasuredSwitch(each.name, each.title, f"it needs {each.needs}; measure it with --switch {each.name}")
        for each in applicable(stack.source.entry)
        if each.needs is not None
    )


def _touched(switch: Switch, requests: Iterable[Scenario]) -> AblatedSwitch:
    """Return a switch with the scenarios in which it can make a difference."""
    here = tuple(each.name for each in requests if kinds_of(each).intersection(switch.touches))
    return AblatedSwitch(switch.name, switch.title, switch.variable, switch.off, switch.on, here)


def divided(
    switches: Mapping[str, AblatedSwitch],
) -> tuple[tuple[AblatedSwitch, ...], tuple[UnmeasuredSwitch, ...]]:
    """Return the switches that the requests touch, one for each variable, and the others with the reason."""
    by_variable: dict[str, AblatedSwitch] = {}
    others = []
    for each in switches.values():
        if not each.scenarios:
            others.append(UnmeasuredSwitch(each.name, each.title, "no request here touches it"))
        elif (first := by_variable.setdefault(each.variable, each)) is not each:
            reason = f"{first.name} already sets {each.variable}; measure it alone with --switch {each.name}"
            others.append(UnmeasuredSwitch(each.name, each.title, reason))
    return tuple(by_variable.values()), tuple(others)


def needed(
    requests: Sequence[Scenario], switches: Sequence[AblatedSwitch], touches: Mapping[str, Sequence[Touched]]
) -> tuple[Scenario, ...]:
    """Return the requests that some switch needs, in their order.

    These are the first request, if it shows any of the switches; for a switch that touches a kind of work, the request
    that is named after it (an encoder of JSON shows on a large answer, not on the small one of the first request); and
    one for every switch that none of these touches.
    """
    first = requests[0].name
    wanted = {first} if any(first in each.scenarios for each in switches) else set()
    for each in switches:
        named = [name for name in each.scenarios if name in touches[each.name]]
        if named or first not in each.scenarios:
            wanted.update(named[:1] or each.scenarios[:1])
    return tuple(each for each in requests if each.name in wanted)
