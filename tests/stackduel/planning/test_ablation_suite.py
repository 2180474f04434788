"""From a stack and a time to the arms and blocks of an ablation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from stackduel.model.ablation_settings import ALL_OFF, ALL_ON, AblatedSwitch, AblationSettings
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered
from stackduel.model.suite import Suite
from stackduel.planning.ablation_arms import arm_stacks
from stackduel.planning.ablation_requests import kinds_of, request_of, usual_requests
from stackduel.planning.ablation_size import blocks_within, sized
from stackduel.planning.ablation_suite import AblationRequest, ablation_suite, divided
from stackduel.planning.estimates import Pace, preflight_seconds, total_seconds
from stackduel.planning.planner import plan_run
from stackduel.planning.registry import registered_stacks
from tests.stackduel.ablated import SMALL, settings_of

STACK = "fastapi-uvicorn"
LOCAL = RunOptions(seed=1)
NAMES = ("one", "two", "three", "four")


def search_of(suite: Suite) -> AblationSettings:
    assert isinstance(suite.search, AblationSettings)
    return suite.search


def test_every_arm_is_the_stack_with_other_settings() -> None:
    """Each arm starts the same entry, and its variables say which switches are on."""
    suite = ablation_suite(LOCAL, AblationRequest(STACK, ("uvloop", "backlog")))
    stacks = arm_stacks(suite, registered_stacks())
    assert set(stacks) == set(suite.stacks) == {ALL_OFF, "uvloop", "backlog", ALL_ON}
    for name, stack in stacks.items():
        assert stack.name == name
        assert isinstance(stack.source, Registered)
        assert stack.source.entry.name == STACK
        assert stack.source.settings["LOOP"] == ("uvloop" if name in {"uvloop", ALL_ON} else "asyncio")
        assert stack.source.settings["BACKLOG"] == ("4096" if name in {"backlog", ALL_ON} else "2048")


@pytest.mark.parametrize(
    ("switch", "requests"),
    [("json", ["small", "json"]), ("downstream-client", ["downstream"]), ("uvloop", ["small"])],
)
def test_a_switch_is_measured_on_the_work_that_it_touches(switch: str, requests: list[str]) -> None:
    """An encoder of JSON on a large answer, a client on calls; what every request shows needs the small one alone."""
    suite = ablation_suite(LOCAL, AblationRequest(STACK, (switch,)))
    assert [each.name for each in suite.scenarios] == requests


def test_two_switches_are_measured_in_every_combination() -> None:
    """``--switch A,B`` is a full 2 x 2, each combination once in every block."""
    settings = search_of(ablation_suite(LOCAL, AblationRequest(STACK, ("uvloop", "backlog"))))
    assert settings.design == "full-factorial"
    assert settings.chosen
    assert set(settings.blocks) == {tuple(arm.name for arm in settings.arms)}
    assert settings.design_blocks == tuple(range(1, len(settings.blocks) + 1))


def test_a_screening_has_as_many_replicates_as_mirror_images() -> None:
    """Every second block of the design holds the mirror image, and five blocks at least hold the two ends alone."""
    settings = settings_of(NAMES, 6)
    counts = Counter(settings.blocks[number - 1] for number in settings.design_blocks)
    assert sorted(counts.values()) == [3, 3]
    pairs = [block for block in settings.blocks if set(block) == {ALL_OFF, ALL_ON}]
    assert len(pairs) == len(settings.blocks) - 6 >= 5
    ends = {arm.name: set(arm.on) for arm in settings.arms if arm.name in {ALL_OFF, ALL_ON}}
    assert ends == {ALL_OFF: set(), ALL_ON: set(NAMES)}


def test_a_plan_holds_the_arms_of_each_block_in_an_order_of_its_own() -> None:
    """The seed draws the order, nothing is measured twice in a block, and only the two ends are checked before."""
    plan = plan_run(LOCAL, 3, suite=ablation_suite(LOCAL, AblationRequest(STACK, ("uvloop", "backlog"))), cores=(0, 1))
    orders = [tuple(step.stack for step in plan.steps if step.block == block) for block in range(1, 11)]  # type: ignore[union-attr]
    assert all(sorted(order) == sorted(plan.suite.stacks) for order in orders)
    assert len(set(orders)) > 1
    assert plan.checked == (ALL_OFF, ALL_ON)
    assert plan.preflight_s < preflight_seconds(plan.paces)


@pytest.mark.parametrize("minutes", [2, 5, 15])
@pytest.mark.parametrize("crossed", [False, True])
def test_an_ablation_keeps_to_its_time(minutes: int, crossed: bool) -> None:
    """The replicates and windows that are chosen fit, and a longer time is used."""
    pace = Pace(1.0)
    size = sized(NAMES[:2] if crossed else NAMES, (SMALL,), pace, 60 * minutes, crossed=crossed)
    (window_s,) = {each.load.duration_s for each in size.scenarios}
    assert window_s is not None
    seconds = sum(map(len, size.blocks)) * (pace.launch_s + window_s)
    assert 0.4 * 60 * minutes < seconds < 60 * minutes


def test_too_little_time_is_refused_with_what_is_needed() -> None:
    """The error names the minutes, and with these minutes there is an ablation."""
    with pytest.raises(FieldError, match=r"--time-budget: at least ([\d.]+) minutes") as refused:
        sized(NAMES, (SMALL,), Pace(1.0), 20, crossed=False)
    needed = float(str(refused.value).split("at least ")[1].split()[0])
    assert sized(NAMES, (SMALL,), Pace(1.0), 60 * needed, crossed=False).blocks


def test_a_slow_machine_ends_where_both_halves_are_measured() -> None:
    """Fewer blocks than planned end behind a mirror image and its pairs, never before the first one."""
    settings = settings_of(NAMES, 6)
    arms = [len(block) for block in settings.blocks]
    all_s = float(sum(arms[1:]))
    assert blocks_within(settings, 1.0, all_s) == len(arms)
    shorter = blocks_within(settings, 1.0, all_s - 1)
    assert shorter < len(arms)
    kept = [settings.blocks[number] for number in range(shorter)]
    assert kept.count(settings.blocks[0]) == 2
    least = blocks_within(settings, 1.0, 0.0)
    assert sum(set(block) == {ALL_OFF, ALL_ON} for block in settings.blocks[:least]) == 5


def test_a_switch_is_measured_by_the_requests_that_it_touches() -> None:
    """A downstream call shows no JSON encoder, and a path of the user's is of the kind that it is."""
    kinds = {each.name: kinds_of(each) for each in usual_requests()}
    assert "json" in kinds["json"]
    assert "json" not in kinds["downstream"]
    assert "decode" in kinds["picture"]
    assert "connections" in kinds["connections"]
    (picture,) = (each for each in usual_requests() if each.name == "picture")
    assert picture.load.connections == 2, "with many clients at a model no request ends within a window"
    assert all("any" in each for each in kinds.values())
    assert kinds_of(request_of("/json?items=5")) == {"any", "json"}


def test_what_no_request_touches_is_listed_with_the_reason() -> None:
    """With a path of the user's alone, a switch for many connections is not measured, and that is said."""
    settings = search_of(ablation_suite(LOCAL, AblationRequest(STACK, path="/json?items=5")))
    assert "uvloop" in {each.name for each in settings.switches}
    assert all(each.scenarios == ("request",) for each in settings.switches)
    reasons = {each.name: each.reason for each in settings.unmeasured}
    assert reasons["backlog"] == "no request here touches it"
    assert reasons["gzip"] == "no request here touches it", "no client asks for it"


def test_what_must_be_built_first_is_measured_where_it_is_named() -> None:
    """pillow is left out with the reason, unless the user names it: then the picture shows it."""
    settings = search_of(ablation_suite(LOCAL, AblationRequest(STACK)))
    assert "pillow" not in {each.name for each in settings.switches}
    (left,) = (each for each in settings.unmeasured if each.name == "pillow")
    assert "stackduel_servers.pillow build" in left.reason
    assert "--switch pillow" in left.reason
    suite = ablation_suite(LOCAL, AblationRequest(STACK, ("pillow",)))
    assert [each.name for each in suite.scenarios] == ["picture"], "nothing else shows it"
    (named,) = search_of(suite).switches
    assert (named.off, named.on, named.scenarios) == ("source", "simd", ("picture",))


def test_compression_is_measured_where_a_client_accepts_it() -> None:
    """Without the header on and off are the same answer, which would be measured as no effect."""
    asked = request_of("/json?items=5")
    (workload,) = asked.workloads
    accepting = replace(asked, workloads=(replace(workload, headers=(("Accept-Encoding", "br, gzip"),)),))
    assert kinds_of(accepting) - kinds_of(asked) == {"gzip"}


def test_the_requests_of_a_suite_can_be_ablated() -> None:
    """``--suite`` measures its scenarios under the ablation's own windows."""
    suite = ablation_suite(LOCAL, AblationRequest(STACK, ("uvloop",), suite="quick"))
    assert len(suite.scenarios) > 1
    assert len({each.load.duration_s for each in suite.scenarios}) == 1


@pytest.mark.parametrize(
    ("wanted", "launcher", "message"),
    [
        (AblationRequest("fastapi-uvikorn"), "local", "STACK: 'fastapi-uvikorn' is unknown.*fastapi-uvicorn"),
        (AblationRequest(STACK, ("uvlop",)), "local", "--switch: 'uvlop' is unknown.*uvloop"),
        (AblationRequest(STACK, ("gthread",)), "local", "--switch: 'gthread' has no effect on fastapi-uvicorn; it has"),
        (AblationRequest(STACK), "compose", "--launcher: compose starts no stack with other settings"),
        (AblationRequest(STACK, path="json"), "local", "--path: path: must start with /"),
        (AblationRequest(STACK, path="/json", suite="quick"), "local", "--path: cannot be combined with --suite"),
        (AblationRequest(STACK, ("backlog",), path="/json"), "local", "--path: no request of this ablation touches"),
    ],
)
def test_a_wrong_wish_is_refused_by_its_name(wanted: AblationRequest, launcher: str, message: str) -> None:
    """The error names the option or argument and what would do."""
    with pytest.raises(FieldError, match=message):
        ablation_suite(RunOptions(launcher=launcher), wanted)  # type: ignore[arg-type]


def test_two_switches_of_one_variable_are_not_measured_together() -> None:
    """The second one cannot be on or off by itself: it is listed, with how to measure it."""
    first, second = (
        AblatedSwitch(name, name, "THREADS", "1", value, ("small",)) for name, value in (("a", "2"), ("b", "3"))
    )
    measured, unmeasured = divided({"a": first, "b": second})
    assert measured == (first,)
    assert unmeasured[0].reason == "a already sets THREADS; measure it alone with --switch b"


def test_the_time_of_a_plan_is_that_of_its_steps() -> None:
    """``--dry-run`` counts every arm of every block."""
    suite = ablation_suite(LOCAL, AblationRequest(STACK, ("uvloop", "backlog")))
    plan = plan_run(LOCAL, 3, suite=suite, cores=(0, 1))
    assert len(plan.steps) == sum(map(len, search_of(suite).blocks))
    assert plan.search_s == 0
    assert total_seconds(plan.steps, plan.paces) > len(plan.steps) * 2
