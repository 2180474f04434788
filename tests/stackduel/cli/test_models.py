"""``stackduel models``: what it shows, builds and measures, and how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from stackduel_servers.models.build import build
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.store import FILES
from tests.stackduel.cli.called import called
from tests.stackduel.cli.test_cli import stackduel


@pytest.fixture(scope="module", autouse=True)
def fast_cnn() -> None:
    """The one model that needs no package but onnx."""
    build(["fast-cnn"], os.environ, lambda _line: None)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A model of the user's own: what is below zero becomes zero."""
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "mine", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "mine.onnx")
    return tmp_path / "mine.onnx"


def test_the_list_tells_all_that_is_known_of_each_model() -> None:
    """Name, source, licence, parameters, shapes, file, size and hash, and whether it is built."""
    done = called("models")
    assert done.returncode == 0, done.stderr
    assert "fast-cnn (built)" in done.stdout
    assert "built from a seed; MIT; 2,274,040 parameters" in done.stdout
    assert "48,000 samples at 48 kHz -> speaker_a [192], speaker_b [192]" in done.stdout
    for name, card in CATALOG.items():
        assert f"  {name} (" in done.stdout
        told = " ".join(done.stdout.split())
        assert f"{card.source}; {card.licence}; {card.parameters:,} parameters" in told
        assert all(file.sha256 in done.stdout for file in FILES[name])


def test_the_list_shows_what_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And how to build it; nothing is built by looking."""
    monkeypatch.setenv("STACKDUEL_MODELS", str(tmp_path))
    done = called("models")
    assert done.returncode == 0, done.stderr
    assert "vad (not built: stackduel models build vad)" in done.stdout
    assert not list(tmp_path.iterdir())


def test_build_builds_into_the_chosen_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file lies there, and the command says so."""
    monkeypatch.setenv("STACKDUEL_MODELS", str(tmp_path))
    done = stackduel("models", "build", "fast-cnn")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["fast-cnn: building it", f"fast-cnn: wrote {tmp_path / 'fast-cnn.onnx'}"]


def test_the_user_s_own_model_is_shown_and_measured(own: Path) -> None:
    """Described by what it declares, and measured on generated input without any other model being built."""
    shown = called("models", "--model", str(own))
    assert shown.returncode == 0, shown.stderr
    assert "own (loads)" in shown.stdout
    assert "float32 [1, 4] -> y [batch, 4]" in shown.stdout
    done = stackduel("models", "bench", "--model", str(own), "--requests", "600", "--pool", "2", "--json")
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    assert (told["model"], told["runs"], told["pool"], len(told["infer_ns"])) == ("own", 600, 2, 600)
    assert 0 < told["p50_ms"] <= told["p99_ms"]


def test_bench_prints_a_row_for_each_model(own: Path) -> None:
    """Percentiles only from enough runs, what was run beneath the table, and why a figure is missing."""
    done = stackduel(
        "models", "bench", "fast-cnn", "--model", str(own), "--requests", "20", "--pool", "1", "--batch", "2"
    )
    assert done.returncode == 0, done.stderr
    heading, _, *rows, how, note = done.stdout.splitlines()
    assert heading.split() == ["model", "p50", "ms", "p99", "ms", "req/s"]
    assert [row.split()[0] for row in rows] == ["fast-cnn", "own"]
    for row in rows:
        _, p50, p99, rate = row.split()
        assert float(p50) > 0
        assert p99 == "-"
        assert float(rate.replace(",", "")) > 0
    assert how == "20 requests each, 1 thread, 2 in a batch, ONNX Runtime on the CPU"
    assert note == 'Note: "-" means: too few calls for this percentile; p50 needs 7, p99 459.'


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "nope"], "model 'nope' is unknown; there are fast-cnn, speaker, vad, face, embed"),
        (["bench", "nope"], "model 'nope' is unknown"),
        (["bench", "own"], "model 'own' is unknown"),
        (["bench", "--model", "absent.onnx"], "absent.onnx: cannot be read: No such file"),
        (["bench", "--model", "pyproject.toml"], "pyproject.toml: Protobuf parsing failed."),
        (["--model", "pyproject.toml"], "pyproject.toml: Protobuf parsing failed."),
        (["--model", "pyproject.toml", "bench"], "write --model after bench"),
        (["bench", "--requests", "0"], "0 is not in the range"),
        (["fly"], "No such command 'fly'"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments: list[str], told: str) -> None:
    """On standard error, without a traceback."""
    done = called("models", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_nothing_built_and_nothing_installed_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thing to do is told in one sentence, with status 2."""
    code = "import sys; sys.modules['onnxruntime'] = None; from stackduel.cli import main; main(['models', 'bench'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "install the extra inference" in done.stderr
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("STACKDUEL_MODELS", str(tmp_path))
    empty = called("models", "bench")
    assert (empty.returncode, empty.stderr) == (2, "stackduel: no model is built yet: stackduel models build\n")
