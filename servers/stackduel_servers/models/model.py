"""Loading a model by its name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from stackduel_servers.models.base import Array, DecodedInput, Features, Model, ModelOutputs
from stackduel_servers.models.catalog import CATALOG, OWN
from stackduel_servers.models.device import AUTO, VARIABLE, chosen
from stackduel_servers.models.store import ModelError, not_installed

__all__ = ["Array", "DecodedInput", "Features", "Model", "ModelError", "ModelOutputs", "load"]

# The module and the class of each model; only the requested one is imported.
_CLASSES = {
    "fast-cnn": ("fast_cnn", "FastCnn"),
    "speaker": ("speaker", "Speaker"),
    "vad": ("vad", "Vad"),
    "face": ("face", "Face"),
    "embed": ("embed", "Embed"),
    OWN: ("own", "Own"),
}


def load(name: str, environ: Mapping[str, str], device: str | None = None) -> Model:
    """Return the model, ready to run on this device or on the environment's; raises ModelError."""
    if name not in _CLASSES:
        raise ModelError(f"model {name!r} is unknown; there are {', '.join(CATALOG)}")
    module, kind = _CLASSES[name]
    try:
        make = getattr(importlib.import_module(f"stackduel_servers.models.{module}"), kind)
        made: Model = make(environ, device or _device(environ))
    except ImportError as error:
        raise not_installed(error) from error
    return made


def _device(environ: Mapping[str, str]) -> str:
    # A device chosen by stackduel_servers.serve is used as it is, without another search.
    device = environ.get(VARIABLE) or AUTO
    return chosen(environ).device if device == AUTO else device
