"""The needs of a run's models before anything is started, with stores and Tritons that are made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.model_input import ModelInput
from stackduel.model.run_options import LauncherName
from stackduel.model.stack import Stack, Url
from stackduel.model.suite import Scenario, Suite, Workload
from stackduel.model.target import Address
from stackduel.planning import models as module
from stackduel.planning.models import asking_own, build_models, described, needs_triton, without_triton
from stackduel.planning.registry import registered_stacks
from stackduel_servers.models.catalog import TensorInput
from stackduel_servers.models.store import ModelError
from stackduel_servers.triton.installation import TritonError
from tests.stackduel.makers import WAITING

ASKING = Workload(
    "/infer/fast-cnn", "POST", model="fast-cnn", given=ModelInput("float32", 48_000, 48_000), served_as="x"
)
MIXED = Scenario("mixed", (ASKING, Workload("/health", check="status")), WAITING.load)
SUITE = Suite("s", "", "a", ("a",), 1, (MIXED, WAITING))
STACKS = registered_stacks()


def missing_triton(_environ: Mapping[str, str]) -> None:
    raise TritonError("Triton is not installed in /here; install it with: python -m stackduel_servers.triton install")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is built, of a store that holds nothing but the speaker."""
    names: list[str] = []
    monkeypatch.setattr(module, "find_spec", lambda _name: object())
    monkeypatch.setattr("stackduel.planning.models.store.is_built", lambda name, _environ: name == "speaker")
    monkeypatch.setattr(module, "build", lambda wanted, _environ, _say: names.extend(wanted))
    return names


def test_only_what_is_asked_for_and_missing_is_built(built: list[str]) -> None:
    """Each model once, whichever scenarios ask for it."""
    speaker = replace(ASKING, model="speaker")
    several = replace(SUITE, scenarios=(MIXED, replace(MIXED, workloads=(ASKING, speaker))))
    build_models(several, (), "local", lambda _line: None)
    assert built == ["fast-cnn"]


@pytest.mark.parametrize(
    ("stack", "wanted"), [("triton", ["fast-cnn"]), ("triton-grpc", ["fast-cnn"]), ("fastapi-triton", [])]
)
def test_what_a_triton_loads_at_its_start_is_built_as_well(built: list[str], stack: str, wanted: list[str]) -> None:
    """It would end at a model that the suite does not even ask; beside a stack it loads only what is asked."""
    speaker = replace(MIXED, workloads=(replace(ASKING, model="speaker"),))
    build_models(replace(SUITE, scenarios=(speaker,)), (STACKS[stack],), "local", lambda _line: None)
    assert built == wanted


@pytest.mark.parametrize("launcher", ["docker", "compose", "url"])
def test_servers_elsewhere_have_models_of_their_own(built: list[str], launcher: LauncherName) -> None:
    """In their images, or wherever they run."""
    build_models(SUITE, (), launcher, lambda _line: None)
    assert built == []


def test_a_suite_without_models_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the packages."""
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    build_models(replace(SUITE, scenarios=(WAITING,)), (), "local", lambda _line: None)


def test_missing_packages_are_told_with_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, before anything starts."""
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(FieldError, match=r"models need onnxruntime: .* pip install 'stackduel\[inference\]'"):
        build_models(SUITE, (), "local", lambda _line: None)


def test_a_model_that_cannot_be_built_is_told(built: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the builder's own words."""

    def broken(*_asked: object) -> None:
        raise ModelError("fast-cnn: no space left")

    monkeypatch.setattr(module, "build", broken)
    with pytest.raises(FieldError, match="models: fast-cnn: no space left"):
        build_models(SUITE, (), "local", lambda _line: None)
    assert built == []


def test_the_user_s_file_takes_the_place_of_every_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given as many numbers as its shape has; requests to no model stay as they are."""
    seen: list[tuple[str, str]] = []

    def load(name: str, environ: Mapping[str, str]) -> object:
        seen.append((name, environ["STACKDUEL_OWN_MODEL"]))
        return SimpleNamespace(card=SimpleNamespace(takes=TensorInput((1, 3, 4))))

    monkeypatch.setattr(module, "load", load)
    found = asking_own(SUITE, Path("/mine.onnx"))
    own, health = found.scenarios[0].workloads
    assert (own.target, own.model, own.given, own.served_as) == ("/infer/own", "own", ModelInput("tensor", 12), None)
    assert health == MIXED.workloads[1]
    assert found.scenarios[1] == WAITING
    assert found.models == ("own",)
    assert seen == [("own", "/mine.onnx")]


def test_a_file_that_cannot_be_served_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is a suite that asks no model."""

    def load(*_asked: object) -> object:
        raise ModelError("mine.onnx: dimension 1 is dynamic")

    monkeypatch.setattr(module, "load", load)
    with pytest.raises(FieldError, match=r"--model: mine\.onnx: dimension 1 is dynamic"):
        asking_own(SUITE, Path("mine.onnx"))
    with pytest.raises(FieldError, match="--model: suite s asks no model"):
        asking_own(replace(SUITE, scenarios=(WAITING,)), Path("mine.onnx"))


def test_stacks_with_a_triton_are_known() -> None:
    """Those that are one, and those that have one beside them; nothing of the user's is."""
    assert {name for name, stack in STACKS.items() if needs_triton(stack)} == {
        "triton", "triton-grpc", "fastapi-triton", "fastapi-triton-unpooled",
    }  # fmt: skip
    assert not needs_triton(Stack("triton", "service", "", Url(Address("127.0.0.1", 1))))


def test_where_triton_is_missing_its_stacks_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it; asked for by name, they are an error."""
    monkeypatch.setattr(module, "locate", missing_triton)
    wanted = ("fastapi-uvicorn", "fastapi-triton", "triton")
    kept, note = without_triton(wanted, STACKS, "local", named=False)
    assert kept == ("fastapi-uvicorn",)
    assert note is not None
    assert note.startswith("Left out, because they need Triton: fastapi-triton, triton. Triton is not installed")
    assert note.endswith("python -m stackduel_servers.triton install")
    with pytest.raises(
        FieldError, match=r"--stacks: fastapi-triton, triton: .* python -m stackduel_servers\.triton install"
    ):
        without_triton(wanted, STACKS, "local", named=True)
    assert without_triton(("fastapi-uvicorn",), STACKS, "local", named=True) == (("fastapi-uvicorn",), None)


def test_containers_bring_their_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for one here."""
    monkeypatch.setattr(module, "locate", missing_triton)
    assert without_triton(("triton",), STACKS, "docker", named=False) == (("triton",), None)


def test_a_run_writes_down_which_files_its_models_are(tmp_path: Path) -> None:
    """By name and hash, the user's own among them."""
    file = tmp_path / "mine.onnx"
    file.write_bytes(b"model")
    assert set(described(SUITE, None)["fast-cnn"]) == {"fast-cnn.onnx"}
    own = replace(SUITE, scenarios=(replace(MIXED, workloads=(replace(ASKING, model="own"),)),))
    digest = "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    assert described(own, file) == {"own": {"mine.onnx": digest}}
