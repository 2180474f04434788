"""The model repository as Triton reads it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.triton.repository import DEFAULT, MIDDLES, MODELS, config, program, write

PACKAGES = Path("/t/packages")


def test_the_ensemble_goes_through_its_three_steps() -> None:
    """Each step takes the output of the step before, from the ensemble's input to its output."""
    assert config(MODELS["speech"], 2) == (
        'name: "speech"\n'
        'platform: "ensemble"\n'
        "max_batch_size: 0\n"
        'input [{ name: "pcm" data_type: TYPE_INT16 dims: [-1] }]\n'
        'output [{ name: "embedding" data_type: TYPE_FP32 dims: [256] }]\n'
        'ensemble_scheduling { step [ { model_name: "preprocessor" model_version: -1 '
        'input_map { key: "pcm" value: "pcm" } output_map { key: "spectra" value: "spectra" } }, '
        '{ model_name: "acoustic" model_version: -1 '
        'input_map { key: "spectra" value: "spectra" } output_map { key: "embeddings" value: "embeddings" } }, '
        '{ model_name: "decoder" model_version: -1 '
        'input_map { key: "embeddings" value: "embeddings" } output_map { key: "embedding" value: "embedding" } } ] }\n'
    )


def test_what_batches_waits_for_nobody() -> None:
    """Waiting clips of any lengths share a batch, and no clip waits for another to arrive."""
    text = config(MODELS["acoustic"], 2)
    assert "max_batch_size: 8\n" in text
    assert "dims: [-1, 160, 40] allow_ragged_batch: true" in text
    assert "dynamic_batching { max_queue_delay_microseconds: 0 }\n" in text
    assert "instance_group [{ kind: KIND_CPU count: 2 }]\n" in text
    assert "dynamic_batching" not in config(MODELS["speaker"], 2)
    assert {name for name, served in MODELS.items() if served.batch_size} == {"speaker-batched", "acoustic"}


def test_every_model_of_the_catalogue_has_a_middle() -> None:
    """Triton can infer every model for an application, and serves its default models from the start."""
    assert set(MIDDLES) == set(CATALOG)
    for name, middle in MIDDLES.items():
        assert (MODELS[middle].module, MODELS[middle].model) == ("middle", name)
    assert set(DEFAULT) <= set(MODELS)


@pytest.mark.parametrize("served", [each for each in MODELS.values() if not each.steps], ids=lambda each: each.name)
def test_a_program_is_python_that_finds_our_steps(tmp_path: Path, served: object) -> None:
    """Each model.py parses, adds packages and this checkout to the path, and imports an existing module."""
    from stackduel_servers.models.triton import repository

    assert isinstance(served, repository.RepositoryModel)
    tree = ast.parse(program(served, PACKAGES))
    imported = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [(node.module, node.names[0].name) for node in imported] == [
        (f"stackduel_servers.models.triton.{served.module}", "TritonPythonModel")
    ]
    assert (repository.ROOT / "stackduel_servers" / "models" / "triton" / f"{served.module}.py").is_file()
    assert repr(str(PACKAGES)) in ast.unparse(tree)


def test_a_repository_is_written_once(tmp_path: Path) -> None:
    """The same content gives the same folder, other instances or packages another one, and nothing unfinished stays."""
    first = write(tmp_path, 1, PACKAGES)
    assert write(tmp_path, 1, PACKAGES) == first
    second = write(tmp_path, 2, PACKAGES)
    assert sorted(tmp_path.iterdir()) == sorted([first, second])
    assert {path.parent.name for path in first.glob("*/config.pbtxt")} == set(MODELS)
    assert (first / "speech" / "1").is_dir()
    assert (second / "speaker" / "1" / "model.py").read_text() == program(MODELS["speaker"], PACKAGES)
