"""The suite of a tuning: its load, its stacks and its options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.application.current_command import given_command
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.tune_settings import CURRENT, TuneSettings
from stackduel.planning.planner import plan_run
from stackduel.planning.tune_suite import TunePlan, TuneRequest, tune_options, tune_plan
from tests.stackduel.tuned import application

GUNICORN = given_command("gunicorn shop:app -w 2", {})


def planned(wanted: TuneRequest, servers: tuple[str, ...] = ("gunicorn", "waitress")) -> TunePlan:
    """A tuning of a made-up application under two workers of gunicorn."""
    return tune_plan(application(servers=servers), GUNICORN, wanted, RunOptions())


def test_the_current_command_is_the_baseline_and_no_candidate() -> None:
    """Two sync workers are there already."""
    plan = planned(TuneRequest(path="/search"))
    settings = plan.suite.search
    assert isinstance(settings, TuneSettings)
    assert plan.suite.baseline == CURRENT == next(iter(plan.own.stacks))
    assert "gunicorn-sync-w2" not in plan.own.stacks
    assert {each.stack for each in settings.candidates} == plan.own.stacks.keys() - {CURRENT}


def test_the_requests_of_a_file_are_sent_in_turn(tmp_path: Path) -> None:
    """With their methods, bodies and checks; its stacks are none of the tuning's."""
    file = tmp_path / "mine.toml"
    file.write_text(
        '[stacks.other]\nurl = "http://127.0.0.1:1"\n[[requests]]\nname = "a"\npath = "/a"\n'
        '[[requests]]\nname = "b"\npath = "/b"\nmethod = "POST"\nbody = "x"\n'
    )
    wanted = TuneRequest(requests=str(file))
    plan = planned(wanted)
    (scenario,) = plan.suite.scenarios
    assert scenario.label == "GET /a, POST /b"
    whole = plan_run(tune_options(RunOptions(seed=1), plan, wanted), 1, suite=plan.suite, own=plan.own)
    assert "other" not in whole.stacks
    assert f"{CURRENT}.twin" in whole.stacks
    assert whole.checked == (CURRENT,)


def test_the_time_of_the_plan_is_the_budget() -> None:
    """The check beforehand included."""
    wanted = TuneRequest(path="/", time_budget_s=300)
    plan = planned(wanted)
    whole = plan_run(tune_options(RunOptions(seed=1), plan, wanted), 1, suite=plan.suite, own=plan.own)
    assert whole.preflight_s + whole.search_s == pytest.approx(300)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (TuneRequest(path="/", slo="fast"), "--slo: 'fast'"),
        (TuneRequest(path="/", time_budget_s=12), "--time-budget: at least"),
    ],
)
def test_what_cannot_be_planned_is_refused(wanted: TuneRequest, says: str) -> None:
    """The sentence names the option."""
    with pytest.raises(FieldError, match=says):
        planned(wanted)


def test_an_interpreter_without_another_server_is_refused() -> None:
    """Nothing is left to choose from."""
    with pytest.raises(FieldError, match="no server that tune knows"):
        planned(TuneRequest(path="/"), servers=())


def test_containers_have_no_interpreter_of_the_user_s() -> None:
    """Only local processes can be tuned."""
    with pytest.raises(FieldError, match="--launcher: docker"):
        tune_plan(application(), GUNICORN, TuneRequest(path="/"), replace(RunOptions(), launcher="docker"))
