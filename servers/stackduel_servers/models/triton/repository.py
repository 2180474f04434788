"""Triton's models: their inputs, outputs and batching, and the folder that describes them in Triton's own format.

``speech`` is the ensemble: preprocessor -> acoustic -> decoder. A model that batches takes items with a leading
dimension of 1. Each model runs in as many instances as there are CPUs in the budget.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# The same number of clips as the micro-batchers of the other stacks take at once.
BATCH_SIZE = 8
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a model: its type in KServe's names and its shape, where -1 is any size."""

    name: str
    datatype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EnsembleStep:
    """One model of an ensemble: the ensemble's tensors that it takes and returns."""

    model: str
    takes: tuple[str, str]
    gives: tuple[str, str]


@dataclass(frozen=True, slots=True)
class RepositoryModel:
    """A model: its ports without a batch, the module that runs it, and the most items at once (0: it never batches).

    ``module`` is one of stackduel_servers.models.triton; ``model`` is the model of the catalogue that it loads. An
    ensemble has ``steps``.
    """

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    module: str = ""
    model: str = ""
    batch_size: int = 0
    steps: tuple[EnsembleStep, ...] = ()

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape in which one item of ``shape`` is sent."""
        return (1, *shape) if self.batch_size else shape


_SAMPLES = Port("samples", "INT16", (-1,))
_PCM = Port("pcm", "INT16", (-1,))
_EMBEDDING = Port("embedding", "FP32", (256,))
_SPECTRA = Port("spectra", "FP32", (-1, 160, 40))
_EMBEDDINGS = Port("embeddings", "FP32", (-1, 256))

_SERVED = (
    RepositoryModel(
        "fast-cnn",
        (Port("samples", "FP32", (48_000,)),),
        (Port("speaker_a", "FP32", (192,)), Port("speaker_b", "FP32", (192,))),
        module="middle",
        model="fast-cnn",
    ),
    RepositoryModel("speaker", (_SAMPLES,), (_EMBEDDING,), module="whole", model="speaker"),
    RepositoryModel(
        "speaker-batched", (_SAMPLES,), (_EMBEDDING,), module="whole", model="speaker", batch_size=BATCH_SIZE
    ),
    RepositoryModel("preprocessor", (_PCM,), (Port("spectra", "FP32", (1, -1, 160, 40)),), module="preprocessor"),
    RepositoryModel("acoustic", (_SPECTRA,), (_EMBEDDINGS,), module="middle", model="speaker", batch_size=BATCH_SIZE),
    RepositoryModel("decoder", (Port("embeddings", "FP32", (1, -1, 256)),), (_EMBEDDING,), module="decoder"),
    RepositoryModel(
        "speech",
        (_PCM,),
        (_EMBEDDING,),
        steps=(
            EnsembleStep("preprocessor", ("pcm", "pcm"), ("spectra", "spectra")),
            EnsembleStep("acoustic", ("spectra", "spectra"), ("embeddings", "embeddings")),
            EnsembleStep("decoder", ("embeddings", "embeddings"), ("embedding", "embedding")),
        ),
    ),
    RepositoryModel(
        "vad", (Port("windows", "FP32", (-1, 576)),), (Port("speech", "FP32", (-1,)),), module="middle", model="vad"
    ),
    RepositoryModel(
        "face",
        (Port("pixels", "UINT8", (-1, -1, 3)),),
        (Port("boxes", "FP32", (-1, 4)), Port("scores", "FP32", (-1,)), Port("landmarks", "FP32", (-1, 10))),
        module="middle",
        model="face",
    ),
    RepositoryModel(
        "embed",
        (Port("tokens", "INT64", (1, -1)),),
        (Port("states", "FP32", (-1, 384)),),
        module="middle",
        model="embed",
    ),
)
MODELS: Mapping[str, RepositoryModel] = MappingProxyType({served.name: served for served in _SERVED})
# Triton loads an ensemble's steps with it.
DEFAULT = ("fast-cnn", "speaker", "speaker-batched", "speech")
# The model that runs only the middle step of each model of the catalogue.
MIDDLES: Mapping[str, str] = MappingProxyType(
    {"fast-cnn": "fast-cnn", "speaker": "acoustic", "vad": "vad", "face": "face", "embed": "embed"}
)


def loaded_by_default() -> tuple[str, ...]:
    """Return the models of the catalogue that a Triton loads at its start; it ends if the files of one are missing."""
    served = [MODELS[name] for name in DEFAULT]
    steps = [MODELS[step.model] for each in served for step in each.steps]
    return tuple(dict.fromkeys(each.model for each in (*served, *steps) if each.model))


def config(served: RepositoryModel, instances: int) -> str:
    """Return a model's ``config.pbtxt``."""
    kind = 'platform: "ensemble"' if served.steps else 'backend: "python"'
    lines = [
        f'name: "{served.name}"',
        kind,
        f"max_batch_size: {served.batch_size}",
        *(f"input [{{ {_port(port)}{_ragged(served)} }}]" for port in served.inputs),
        *(f"output [{{ {_port(port)} }}]" for port in served.outputs),
    ]
    if served.steps:
        lines.append(f"ensemble_scheduling {{ step [ {', '.join(map(_step, served.steps))} ] }}")
    else:
        lines.append(f"instance_group [{{ kind: KIND_CPU count: {instances} }}]")
    if served.model:
        lines.append(f'parameters {{ key: "model" value: {{ string_value: "{served.model}" }} }}')
    if served.batch_size:
        lines.append("dynamic_batching { max_queue_delay_microseconds: 0 }")
    return "\n".join(lines) + "\n"


def program(served: RepositoryModel, packages: Path) -> str:
    """Return a model's ``model.py``: the backend's Python is isolated and needs the paths of packages and steps."""
    return (
        f"import sys\n\nsys.path[:0] = [{str(packages)!r}, {str(ROOT)!r}]\n"
        f"from stackduel_servers.models.triton.{served.module} import TritonPythonModel  # noqa: E402, F401\n"
    )


def write(parent: Path, instances: int, packages: Path) -> Path:
    """Write the repository into a folder of ``parent`` named by its content, unless it exists, and return the folder.

    No reader sees half a repository: it is written beside its place and then moved.
    """
    files = dict(_files(instances, packages))
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    folder = parent / digest[:12]
    if folder.is_dir():
        return folder
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=parent) as beside:
        unfinished = Path(beside) / folder.name
        for name, text in files.items():
            path = unfinished / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            os.rename(unfinished, folder)  # noqa: PTH104 - unlike Path.replace it says what it does
        except OSError:
            if not folder.is_dir():  # another process may have been faster
                raise
    return folder


def _files(instances: int, packages: Path) -> list[tuple[str, str]]:
    files = []
    for served in MODELS.values():
        files.append((f"{served.name}/config.pbtxt", config(served, instances)))
        # An ensemble has a version too, though an empty one.
        files.append((f"{served.name}/1/.version", "") if served.steps else _program_file(served, packages))
    return files


def _program_file(served: RepositoryModel, packages: Path) -> tuple[str, str]:
    return f"{served.name}/1/model.py", program(served, packages)


def _port(port: Port) -> str:
    return f'name: "{port.name}" data_type: TYPE_{port.datatype} dims: {list(port.shape)}'


def _ragged(served: RepositoryModel) -> str:
    """Return the setting that lets clips of different lengths share a batch."""
    return " allow_ragged_batch: true" if served.batch_size else ""


def _step(step: EnsembleStep) -> str:
    taken, given = (f'{{ key: "{key}" value: "{value}" }}' for key, value in (step.takes, step.gives))
    return f'{{ model_name: "{step.model}" model_version: -1 input_map {taken} output_map {given} }}'
