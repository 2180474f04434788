"""Models whose first and last steps run here, without ONNX Runtime, and whose middle step runs on Triton."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tokenizers import Tokenizer

from stackduel_servers.models import store
from stackduel_servers.models.base import Array, Features, Model
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.embed import MOST_TOKENS, Embed
from stackduel_servers.models.face import Face
from stackduel_servers.models.fast_cnn import FastCnn
from stackduel_servers.models.triton.ends import SpeakerEnds
from stackduel_servers.models.triton.repository import MIDDLES, MODELS, RepositoryModel
from stackduel_servers.models.vad import Vad


@dataclass(frozen=True, slots=True)
class Remote:
    """A model of the catalogue, and the model of Triton that is its middle step."""

    ends: Model
    middle: RepositoryModel

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the tensors to request from Triton."""
        return tuple(port.name for port in self.middle.outputs)

    def inputs(self, features: Features) -> dict[str, Array]:
        """Return one item's features as tensors for Triton."""
        ports = zip(self.middle.inputs, features, strict=True)
        return {port.name: each[None] if self.middle.batch_size else each for port, each in ports}

    def raw(self, answer: Mapping[str, Array]) -> Features:
        """Return one item's raw outputs from Triton's tensors; raises KeyError if one is missing."""
        return tuple(answer[name][0] if self.middle.batch_size else answer[name] for name in self.outputs)


def load_remote(name: str, environ: Mapping[str, str]) -> Remote:
    """Load the first and last step of a model; raises ModelError if a file of them is missing."""
    return Remote(_ENDS[name](environ), MODELS[MIDDLES[name]])


class FastCnnEnds(FastCnn):
    """fast-cnn without a session."""

    def __init__(self) -> None:
        self.card = CATALOG["fast-cnn"]


class VadEnds(Vad):
    """vad without a session."""

    def __init__(self) -> None:
        self.card = CATALOG["vad"]


class FaceEnds(Face):
    """face without its sessions."""

    def __init__(self) -> None:
        self.card = CATALOG["face"]


class EmbedEnds(Embed):
    """embed without a session: its tokens alone."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.card = CATALOG["embed"]
        _graph, tokens = store.read("embed", environ)
        self._tokenizer = Tokenizer.from_str(tokens.decode("utf-8"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()


_ENDS: Mapping[str, Callable[[Mapping[str, str]], Model]] = {
    "fast-cnn": lambda _environ: FastCnnEnds(),
    "speaker": lambda _environ: SpeakerEnds(),
    "vad": lambda _environ: VadEnds(),
    "face": lambda _environ: FaceEnds(),
    "embed": EmbedEnds,
}
