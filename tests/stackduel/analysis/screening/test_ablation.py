"""The results of an ablation: what each switch does, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from stackduel.analysis.screening.ablation import with_effects
from stackduel.model.ablation_settings import ALL_ON, AblationSettings
from stackduel.model.run import Run
from stackduel.model.search_results.ablation import Ablation, Effect, Measure
from tests.stackduel.ablated import EFFECTS, ablated, ablation_run, additive, settings_of

NAMES = tuple(EFFECTS)


def result(run: Run, scenario: str = "json") -> Ablation:
    """The result of a scenario."""
    (found,) = (each.found for each in run.findings if each.scenario == scenario)
    assert isinstance(found, Ablation)
    return found


def effect(found: Ablation, switch: str, measure: Measure = "throughput") -> Effect:
    (each,) = (each for each in found.switches if each.switch == switch)
    one = each.of(measure)
    assert one is not None
    return one


def of(effects: Sequence[Effect], measure: Measure = "throughput") -> Effect:
    (one,) = (each for each in effects if each.measure == measure)
    return one


def test_every_switch_has_its_known_effect_on_every_measure() -> None:
    """With little chance each interval is narrow, and holds what was planted: in rate, latency, CPU and memory."""
    found = result(ablated(settings_of(NAMES), additive(EFFECTS), spread=0.01))
    for name, log in EFFECTS.items():
        rate, p99, memory = (effect(found, name, measure) for measure in ("throughput", "p99", "memory"))
        assert rate.low <= math.exp(log) <= rate.high
        assert p99.low <= math.exp(-log) <= p99.high
        assert memory.low <= math.exp(-log / 10) <= memory.high
        cpu = effect(found, name, "cpu")
        assert cpu.low <= math.exp(-log / 2) <= cpu.high
        assert rate.high / rate.low < 1.05
    assert [each.switch for each in found.switches if effect(found, each.switch).is_shown] == list(NAMES[:3])
    assert found.sentence.startswith("All switches together: +")
    assert "Shown to change them: uvloop +28 %" in found.sentence


def test_a_switch_is_told_only_where_a_request_touches_it() -> None:
    """The small answer says nothing of orjson, though its column was varied there, too."""
    run = ablated(settings_of(NAMES), additive(EFFECTS), spread=0.01)
    assert {each.switch for each in result(run, "small").switches} == set(NAMES) - {"orjson"}
    assert {each.switch for each in result(run, "json").switches} == set(NAMES)


def test_everything_on_is_the_product_of_all_effects_where_no_three_act_together() -> None:
    """Two switches of which either is enough share what both give; nothing is beyond the product."""

    def either(on: Sequence[str]) -> float:
        return 0.3 * bool({"uvloop", "orjson"} & {*on})

    found = result(ablated(settings_of(NAMES), either, spread=0.01))
    whole, beyond = of(found.whole), of(found.beyond)
    assert whole.low <= math.exp(0.3) <= whole.high
    assert effect(found, "uvloop").ratio == pytest.approx(math.exp(0.15), rel=0.02)
    assert beyond.low <= 1 <= beyond.high
    assert found.interactions_p["throughput"] < 0.001


def test_three_switches_that_act_together_are_beyond_the_product() -> None:
    """A gain that takes three switches at once is not in the product of their effects."""

    def all_three(on: Sequence[str]) -> float:
        return 0.8 * ({"uvloop", "orjson", "backlog"} <= {*on})

    beyond = of(result(ablated(settings_of(NAMES), all_three, spread=0.01)).beyond)
    # Of 0.8 a quarter is each main effect: 0.8 - 3 * 0.2.
    assert beyond.low <= math.exp(0.2) <= beyond.high
    assert beyond.is_shown


def test_a_full_factorial_says_what_a_pair_does_to_each_other() -> None:
    """The ratio of one switch's effect with the other on to that with it off, and both together."""
    settings = settings_of(("uvloop", "orjson"), 8, crossed=True)
    logs = {(): 0.0, ("uvloop",): 0.3, ("orjson",): 0.1, ("uvloop", "orjson"): 0.6}
    found = result(ablated(settings, lambda on: logs[tuple(on)], spread=0.005))
    (pair,) = found.interactions
    together = pair.of("throughput")
    assert pair.switch == "uvloop x orjson"
    assert together is not None
    # uvloop gives 0.5 beside orjson, and 0.3 without it.
    assert together.low <= math.exp(0.2) <= together.high
    assert effect(found, "uvloop").ratio == pytest.approx(math.exp(0.4), rel=0.02)
    whole = of(found.whole)
    assert whole.low <= math.exp(0.6) <= whole.high
    assert found.beyond == ()


def test_missing_trials_cost_certainty_alone() -> None:
    """Of a run that lacks some trials every effect is still found, and the result says how many there were."""
    settings = settings_of(NAMES)
    lost = ablated(
        settings, additive(EFFECTS), spread=0.01, without=lambda trial: trial.place.stack in {"arm-03", "arm-07"}
    )
    found = result(lost)
    assert found.trials < found.planned
    rate = effect(found, "uvloop")
    assert rate.low <= math.exp(EFFECTS["uvloop"]) <= rate.high


def test_half_a_design_is_said_to_be_mixed() -> None:
    """Without the mirror image there are effects, and a mark that interactions are in them."""
    settings = settings_of(NAMES)
    found = result(ablated(settings, additive(EFFECTS), spread=0.01, without=lambda trial: trial.place.block > 3))
    assert found.mixed
    assert not found.whole
    assert not found.interactions_p
    whole = result(ablated(settings, additive(EFFECTS), spread=0.01))
    assert not whole.mixed


def test_a_run_without_trials_has_no_result() -> None:
    """Nothing measured is nothing said."""
    settings = settings_of(NAMES)
    assert ablated(settings, additive(EFFECTS), without=lambda _trial: True).findings == ()
    assert ablation_run(settings, (), ()).findings == ()


def test_noisy_trials_are_counted_and_no_claim_is_judged_by_them() -> None:
    """One trial kept in spite of the host's noise leaves every claim inconclusive."""
    quiet = ablated(settings_of(NAMES), additive(EFFECTS), spread=0.01)
    assert {each.judgement for each in result(quiet).claims} > {"reproduced"}
    first, *others = quiet.results
    noisy = with_effects(replace(quiet, results=(replace(first, state="noisy"), *others)), 60.0)  # type: ignore[arg-type]
    found = result(noisy, "small")
    assert found.noisy == 1
    assert {each.judgement for each in found.claims} == {"inconclusive"}
    assert all("too noisy" in each.sentence for each in found.claims)


def test_claims_about_all_switches_need_all_of_them() -> None:
    """An ablation of chosen switches judges only what was claimed of these."""
    chosen = ablated(settings_of(("uvloop", "orjson"), 6, crossed=True), additive(EFFECTS), spread=0.01)
    assert {each.switches for each in result(chosen).claims} == {("uvloop",)}
    everything = ablated(settings_of(NAMES), additive(EFFECTS), spread=0.01)
    assert () in {each.switches for each in result(everything).claims}


def test_the_finding_stands_for_everything_on() -> None:
    """A finding belongs to a stack of the run, and a run of another kind is left alone."""
    run = ablated(settings_of(NAMES), additive(EFFECTS), spread=0.01)
    assert {each.stack for each in run.findings} == {ALL_ON}
    assert isinstance(run.suite.search, AblationSettings)
