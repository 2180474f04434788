"""Loads a model by its name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from servers.models.base import Array, Features, Given, Model, Outputs
from servers.models.catalog import CATALOG, OWN
from servers.models.store import ModelError

__all__ = ["Array", "Features", "Given", "Model", "ModelError", "Outputs", "load"]

# The module and the class of each; only what is asked for is imported.
_CLASSES = {
    "fast-cnn": ("fast_cnn", "FastCnn"),
    "speaker": ("speaker", "Speaker"),
    "vad": ("vad", "Vad"),
    "face": ("face", "Face"),
    "embed": ("embed", "Embed"),
    OWN: ("own", "Own"),
}


def load(name: str, environ: Mapping[str, str], device: str = "cpu") -> Model:
    """The model, ready to run; raises ModelError."""
    if name not in _CLASSES:
        raise ModelError(f"model {name!r} is unknown; there are {', '.join(CATALOG)}")
    module, kind = _CLASSES[name]
    try:
        made: Model = getattr(importlib.import_module(f"servers.models.{module}"), kind)(environ, device)
    except ImportError as error:
        raise ModelError(
            f"the package {error.name} is missing: install the extra inference, or servers/requirements/inference.txt"
        ) from error
    return made
