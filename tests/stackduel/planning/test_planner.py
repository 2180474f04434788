"""From options to what will be measured."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.plan_step import IsolatedStep
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.planning import models as inference_module
from stackduel.planning.estimates import total_seconds
from stackduel.planning.planner import plan_run, plan_verification
from stackduel.planning.registry import registered_stacks
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.shortfall import shortfall
from stackduel_servers.triton.installation import TritonError

OWN = """
[stacks.mine]
command = ["serve", "{port}"]
[[requests]]
name = "x"
path = "/"
"""


@pytest.fixture(autouse=True)
def _triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference_module, "locate", lambda _environ: None)


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    return str(path)


def planned(options: RunOptions, running: frozenset[str] | None = None, suite: Suite | None = None) -> RunPlan:
    """The plan of a run on two cores."""
    return plan_run(options, 1, running, suite, cores=(0, 1))


def test_quick_is_the_default_and_holds_a_control() -> None:
    """Without a suite the quick one is measured, against flask-gunicorn and with its controls."""
    plan = planned(RunOptions())
    assert (plan.suite.name, plan.baseline) == ("quick", "flask-gunicorn")
    assert {"flask-gthread", "flask-fanout"} <= set(plan.stacks)
    assert len(plan.steps) == plan.suite.blocks * len(plan.stacks)


def test_published_delays_replace_the_scaled_ones() -> None:
    """The classic requests are asked for as published, once in each trial and without a warm-up; nothing is scaled."""
    scaled, plan = (planned(RunOptions(suite="classic", published_delays=asked)) for asked in (None, True))
    published = [each.published for each in scaled.suite.scenarios]
    assert [each.workloads[0].target for each in plan.suite.scenarios] == [each.target for each in published if each]
    assert {each.published for each in plan.suite.scenarios} == {None}
    for scenario in plan.suite.scenarios:
        assert isinstance(scenario.load, ClosedLoop)
        assert (scenario.load.requests, scenario.load.warmup_requests) == (1, 0)


def test_published_delays_need_a_scaled_suite() -> None:
    """A suite that scales nothing down refuses the option by name."""
    with pytest.raises(FieldError, match="--published-delays: nothing in quick is scaled down"):
        planned(RunOptions(suite="quick", published_delays=True))


def test_what_does_not_run_on_windows_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows Gunicorn's stacks are left out, waitress becomes the baseline, and the notes point to Docker."""
    monkeypatch.setattr(sys, "platform", "win32")
    plan = planned(RunOptions())
    assert set(plan.suite.stacks) == {"flask-waitress", "quart-hypercorn", "fastapi-uvicorn"}
    assert set(plan.stacks) - set(plan.suite.stacks) == {"flask-waitress.twin"}
    assert plan.baseline == "flask-waitress"
    left_out = next(note for note in plan.notes if note.startswith("Left out"))
    assert "flask-gunicorn" in left_out
    assert "do not run on win32" in left_out
    assert any("--launcher docker" in note for note in plan.notes)


def test_macos_measures_everything_and_says_that_it_cannot_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS all stacks run; that none is bound to a core is said."""
    monkeypatch.setattr(sys, "platform", "darwin")
    plan = planned(RunOptions())
    assert len(plan.suite.stacks) == 5
    assert any("cannot bind processes to cores" in note for note in plan.notes)


def test_own_requests_are_the_suite_of_own_stacks(own: str) -> None:
    """A stacks file with requests needs no suite; with one, its stacks join that suite's."""
    plan = planned(RunOptions(stacks_file=own))
    assert (tuple(plan.stacks), plan.baseline, plan.suite.name) == (("mine",), "mine", "mine")
    assert [scenario.name for scenario in plan.suite.scenarios] == ["x-1", "x-16", "x-64"]
    joined = planned(RunOptions(suite="quick", stacks_file=own))
    assert {"mine", "flask-gunicorn"} <= set(joined.stacks)


def test_only_what_a_project_has_up_is_measured() -> None:
    """Stacks of the suite that the attached project does not run are left out, and said."""
    options = RunOptions(launcher="compose")
    plan = planned(options, frozenset({"flask-gunicorn", "fastapi-uvicorn"}))
    assert set(plan.suite.stacks) == {"flask-gunicorn", "fastapi-uvicorn"}
    assert any("not up in the project" in note for note in plan.notes)
    with pytest.raises(FieldError, match="no stack is left to measure"):
        planned(options, frozenset())


def test_the_choice_of_stacks_and_baseline_is_checked() -> None:
    """Unknown stacks, and a baseline outside the choice, are errors that name the option."""
    chosen = RunOptions(stacks=("flask-gthread", "fastapi-uvicorn", "flask-gthread"))
    assert tuple(planned(chosen).suite.stacks) == ("flask-gthread", "fastapi-uvicorn")
    assert planned(replace(chosen, baseline="fastapi-uvicorn")).baseline == "fastapi-uvicorn"
    with pytest.raises(FieldError, match="--baseline: flask-gunicorn is not among"):
        planned(replace(chosen, baseline="flask-gunicorn"))
    with pytest.raises(FieldError, match="--stacks: 'absent' is unknown"):
        planned(RunOptions(stacks=("absent",)))


def test_two_baselines_are_one_too_many(tmp_path: Path) -> None:
    """Which of two stacks marked as baselines counts is for the user to say; an unknown name shows the file's own."""
    file = tmp_path / "two.toml"
    stack = '[stacks.{}]\ncommand = "serve --port {{port}}"\ntier = "baseline"\n'
    file.write_text(stack.format("old") + stack.format("older") + '[[requests]]\nname = "root"\npath = "/"\n')
    options = RunOptions(stacks_file=str(file))
    with pytest.raises(FieldError, match="--baseline: is needed: old and older have the tier baseline"):
        planned(options)
    assert planned(replace(options, baseline="older")).baseline == "older"
    with pytest.raises(FieldError, match="'absent' is unknown; the file has old, older"):
        planned(replace(options, stacks=("absent",)))


def test_verification_takes_every_stack_that_can_run(own: str) -> None:
    """All registered stacks without a file, the file's own with one, the chosen ones where there is a choice."""
    here = {name for name, stack in registered_stacks().items() if shortfall(stack) is None}
    assert set(plan_verification(RunOptions()).stacks) == here
    assert here >= {"flask-waitress", "quart-hypercorn", "fastapi-uvicorn"}
    assert tuple(plan_verification(RunOptions(stacks_file=own)).stacks) == ("mine",)
    assert tuple(plan_verification(RunOptions(stacks=("quart-uvicorn",))).stacks) == ("quart-uvicorn",)
    assert "flask-waitress" not in plan_verification(RunOptions(launcher="docker")).stacks


def test_a_suite_of_models_shares_the_cores_and_measures_them_alone() -> None:
    """On two cores the server has both, and every block holds the model by itself."""
    plan = planned(RunOptions(suite="speech"))
    assert (plan.budget.server, plan.budget.generator) == ((0, 1), (1,))
    assert any("share cores" in note for note in plan.notes)
    solos = [step for step in plan.steps if isinstance(step, IsolatedStep)]
    assert [(solo.block, solo.model) for solo in solos] == [(block, "fast-cnn") for block in range(1, 6)]
    assert plan.paces["fastapi-uvicorn"].cores == 2
    assert plan.paces["triton"].launch_s > plan.paces["fastapi-uvicorn"].launch_s


def test_memory_is_what_the_user_says_or_else_the_suite() -> None:
    """The suite knows what its requests take; the user knows the machine."""
    for asked, given in ((None, 4096), (512, 512)):
        plan = planned(RunOptions(suite="triton", memory_mib=asked))
        assert (plan.suite.memory_mib, plan.budget.memory_mib) == (given, given)
    assert planned(RunOptions(suite="quick")).budget.memory_mib == 1024


def test_an_attached_project_measures_no_model_alone() -> None:
    """It starts nothing, and says so."""
    up = frozenset({"flask-gunicorn", "fastapi-uvicorn"})
    plan = planned(RunOptions(suite="speech", launcher="compose"), up)
    assert not plan.suite.isolated
    assert not [step for step in plan.steps if isinstance(step, IsolatedStep)]
    assert any("No model is measured alone" in note for note in plan.notes)


def test_stacks_of_a_missing_triton_are_left_out_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's are noted with the remedy; the user's own choice is refused with it."""

    def missing(_environ: object) -> None:
        raise TritonError("Triton is not installed; install it with: python -m stackduel_servers.triton install")

    monkeypatch.setattr(inference_module, "locate", missing)
    plan = planned(RunOptions(suite="speech"))
    assert "triton" not in plan.stacks
    assert any("need Triton: triton" in note and "stackduel_servers.triton install" in note for note in plan.notes)
    with pytest.raises(FieldError, match="--stacks: triton: Triton is not installed"):
        planned(RunOptions(suite="speech", stacks=("flask-gunicorn", "triton")))
    assert "triton" not in plan_verification(RunOptions()).stacks


def test_a_model_of_the_user_s_own_is_nothing_for_triton(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It has models of its own: left out and said, or refused where it was named."""
    monkeypatch.setattr("stackduel.planning.adaptation.asking_own", lambda suite, _file: suite)
    options = RunOptions(suite="speech", model=str(tmp_path / "mine.onnx"))
    plan = planned(options)
    assert "triton" not in plan.stacks
    assert any("the user's own mine.onnx" in note for note in plan.notes)
    assert any("served by Triton" in note for note in plan.notes)
    with pytest.raises(FieldError, match="--model: Triton does not serve it: triton"):
        planned(replace(options, stacks=("flask-gunicorn", "triton")))


@pytest.mark.parametrize(("suite", "minutes"), [("speech", 15), ("triton", 15), ("batching", 15), ("mixed", 15)])
def test_the_suites_of_models_take_no_longer_than_they_say(suite: str, minutes: float) -> None:
    """On two cores, by the plan."""
    plan = planned(RunOptions(suite=suite))
    assert total_seconds(plan.steps, plan.paces) < 60 * minutes


def test_the_grpc_driver_is_for_those_who_speak_grpc(tmp_path: Path) -> None:
    """Asked for by name it refuses a stack that speaks HTTP, and takes one that does not."""
    path = tmp_path / "mine.toml"
    there = '[stacks.there]\nurl = "http://127.0.0.1:8001"\nprotocol = "kserve-grpc"\n'
    path.write_text(there + '[[requests]]\nname = "voice"\nmodel = "speaker"\n')
    options = RunOptions(stacks_file=str(path), launcher="url", driver="grpc")
    assert planned(options).stacks["there"].protocol == "kserve-grpc"
    with pytest.raises(FieldError, match="--driver: grpc is for stacks of protocol kserve-grpc, and flask-gunicorn"):
        planned(replace(options, stacks=("flask-gunicorn",)))


@pytest.mark.parametrize(("target", "noted"), [("/infer/fast-cnn", True), ("/health", False)])
def test_what_models_are_computed_on_is_noted_where_any_is_asked(
    monkeypatch: pytest.MonkeyPatch, target: str, noted: bool
) -> None:
    """A machine without a GPU is told of in runs of models, and of no others; the device is known in all."""
    monkeypatch.setattr("stackduel.planning.device.driver_lacks", lambda: "no driver")
    scenario = Scenario("one", (Workload(target),), ClosedLoop(1, requests=1))
    suite = Suite("s", "A suite.", "flask-gunicorn", ("flask-gunicorn",), 1, (scenario,))
    plan = planned(RunOptions(), suite=suite)
    assert plan.device == "cpu"
    assert ("Models run on the CPU: no driver." in plan.notes) is noted


def test_a_command_of_stackduel_s_own_environment_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the wrong Gunicorn, on other packages; one that ``python`` names is meant."""
    program = tmp_path / "serve"
    program.touch()
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("stackduel.planning.command_lookup.OWN_FOLDER", tmp_path)
    path = tmp_path / "mine.toml"
    path.write_text(OWN + '[stacks.meant]\ncommand = "serve {port}"\npython = "serve"\n')
    notes = [note for note in planned(RunOptions(stacks_file=str(path))).notes if "own environment" in note]
    assert len(notes) == 1
    assert notes[0].startswith("mine: the command was found in stackduel's own environment; python = ")


def test_the_time_before_the_first_block_counts(own: str) -> None:
    """Every stack is started once more, the twin is not; a budget of time holds that, too."""
    plan = planned(RunOptions(time_budget_s=600.0))
    launches = [pace.launch_s for name, pace in plan.paces.items() if not name.endswith(".twin")]
    assert plan.preflight_s == pytest.approx(sum(launches))
    assert plan.preflight_s + total_seconds(plan.steps, plan.paces) <= 600.0
    with pytest.raises(FieldError, match="--time-budget: at least") as raised:
        planned(RunOptions(time_budget_s=10.0))
    needed_s = 60 * float(str(raised.value).split(" at least ")[1].split()[0])
    assert planned(RunOptions(time_budget_s=needed_s)).suite.blocks >= 5
