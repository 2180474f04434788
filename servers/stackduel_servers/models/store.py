"""The folder of the models' files, and the check that they are the right ones. Standard library only."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FOLDER_VARIABLE = "STACKDUEL_MODELS"
OWN_VARIABLE = "STACKDUEL_OWN_MODEL"


class ModelError(Exception):
    """A model cannot be built, read or run; the message names the file and the remedy."""


def not_installed(error: ImportError, extra: str = "inference") -> ModelError:
    """Return the message for a package that is not installed or cannot be loaded."""
    return ModelError(f"{error}: install the extra inference, or servers/requirements/{extra}.txt")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model by its name, its SHA-256 and its size in bytes."""

    name: str
    sha256: str
    size: int


FILES: Mapping[str, tuple[ModelFile, ...]] = MappingProxyType(
    {
        "fast-cnn": (
            ModelFile("fast-cnn.onnx", "c8b8ecf5448016f6ee979e252c4009058505bd82e000015170c5f301576b7be7", 9_098_577),
        ),
        "speaker": (
            ModelFile("speaker.onnx", "e5d0d982bce69a5cdb8f8af73df2df7f95f8a2dcc9686008051874da02d03047", 5_695_595),
        ),
        "vad": (
            ModelFile("silero_vad.onnx", "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3", 2_327_524),
        ),
        "face": (
            ModelFile("pnet.onnx", "07a69013008e612c4d2ad31b09645038911dfec67411cd68ccd0da55ca291a35", 28_829),
            ModelFile("rnet.onnx", "de0f837f02b57e1e85959c3ae5c46bcd16162e6e95be5db8794e3c7c85a89004", 403_309),
            ModelFile("onet.onnx", "d80f19b44f72e45dd2b7d01384d56994220f60d9417b2a7fbba9041ef1d75e52", 1_559_570),
        ),
        "embed": (
            ModelFile("minilm.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6", 22_928_619),
            ModelFile("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
        ),
    }
)


def folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of all models: ``$STACKDUEL_MODELS``, else the user's cache folder on this platform."""
    if chosen := environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    if sys.platform == "win32":
        cache = environ.get("LOCALAPPDATA")
        return (Path(cache) if cache else Path.home() / "AppData" / "Local") / "stackduel" / "models"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "stackduel" / "models"
    cache = environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "stackduel" / "models"


def path(file: ModelFile, environ: Mapping[str, str]) -> Path:
    """Return the path of a model's file."""
    return folder(environ) / file.name


def read(name: str, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the content of each file of a model; raises ModelError if one is missing or is a different file."""
    return tuple(_read(name, file, environ) for file in FILES[name])


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_built(name: str, environ: Mapping[str, str]) -> bool:
    """Return whether all files of a model are there and are the right ones."""
    try:
        read(name, environ)
    except ModelError:
        return False
    return True


def write(file: ModelFile, content: bytes, environ: Mapping[str, str]) -> Path:
    """Put a file in its place in one step, so that no reader sees half of it; raises ModelError if it is wrong."""
    target = path(file, environ)
    if _sha256(content) != file.sha256:
        raise ModelError(f"{target}: what was made is not the file that belongs there (SHA-256 {_sha256(content)})")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ModelError(f"{target}: cannot be written: {error.strerror or error}") from error
    return target


def _read(name: str, file: ModelFile, environ: Mapping[str, str]) -> bytes:
    place = path(file, environ)
    remedy = f"build it with: python -m stackduel_servers.models build {name}"
    try:
        if place.stat().st_size != file.size:
            raise ModelError(f"{place}: is damaged or another file; {remedy}")
        content = place.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{place}: there is no such file; {remedy}") from None
    except OSError as error:
        raise ModelError(f"{place}: cannot be read: {error.strerror or error}") from error
    if _sha256(content) != file.sha256:
        raise ModelError(f"{place}: is damaged or another file; {remedy}")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
