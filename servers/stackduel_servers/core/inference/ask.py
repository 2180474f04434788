"""A request to a model, read from its path and headers before its body arrives. No heavy imports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from stackduel_servers.core.errors import bad_request
from stackduel_servers.core.inference import refusals

if TYPE_CHECKING:
    from stackduel_servers.models.catalog import Card

FLOAT32 = "application/octet-stream"
PCM = "audio/pcm"
WAV = "audio/wav"
PNG = "image/png"
JPEG = "image/jpeg"
JSON = "application/json"
ALIASES = {"audio/x-wav": WAV, "audio/wave": WAV, "audio/vnd.wave": WAV, "image/jpg": JPEG}

# The content types allowed for each kind of input, by the name of its class in stackduel_servers.models.catalog.
FORMS = {
    "Sound": (FLOAT32, PCM, WAV),
    "Picture": (PNG, JPEG),
    "Text": (JSON,),
    "Tensor": (FLOAT32,),
}
# The user's own ONNX file, whose shape is known once it is loaded.
OWN = "own"
OWN_TAKES = "Tensor"

MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,64}/[\w!#$&^.+-]{1,64}", re.ASCII)
RATE_HZ = (1_000, 384_000)
CHANNELS = (1, 8)
INTEGER = re.compile(r"[0-9]{1,6}")
QUALITY = re.compile(r"[01](\.[0-9]{0,3})?")


class Headers(Protocol):
    """The headers of a request, as every framework offers them."""

    def get(self, name: str, /) -> str | None:
        """Return the value of a header; the case of its name does not matter."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to a model: which model, the form of the body, and whether the answer is raw float32.

    ``rate_hz`` and ``channels`` come from the audio/pcm content type; without them they are None and 1.
    """

    model: str
    form: str
    rate_hz: int | None = None
    channels: int = 1
    raw: bool = False


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A request with its body."""

    ask: Ask
    body: bytes


def read(name: str, headers: Headers, catalog: Mapping[str, Card], *, has_own: bool) -> Ask:
    """Read which model and which forms the request names; raises HttpError 400, 404, 415."""
    card = catalog.get(name)
    if card is None and not (has_own and name == OWN):
        raise refusals.unknown_model((*catalog, OWN) if has_own else (*catalog,))
    forms = FORMS[type(card.takes).__name__ if card else OWN_TAKES]
    if headers.get("Content-Encoding"):
        raise refusals.unsupported("Content-Encoding", "left out")
    return _asked(name, forms, headers.get("Content-Type") or FLOAT32, headers.get("Accept"))


# Clients send the same headers with every request: looking them up costs less than parsing them again.
@lru_cache(maxsize=128)
def _asked(name: str, forms: tuple[str, ...], content_type: str, accept: str | None) -> Ask:
    form, parameters = _media_type(content_type)
    if form not in forms:
        bound = forms[0] if len(forms) == 1 else f"one of {', '.join(forms)}"
        raise refusals.unsupported("Content-Type", f"{bound} for {name}")
    raw = _wants_raw(accept)
    if form != PCM or not parameters:
        return Ask(name, form, raw=raw)
    rate_hz = _integer("rate", parameters.get("rate"), RATE_HZ)
    return Ask(name, form, rate_hz, _integer("channels", parameters.get("channels"), CHANNELS) or 1, raw)


def _media_type(value: str) -> tuple[str, dict[str, str]]:
    """Split a content type into its name and its parameters; ('', {}) if it is invalid."""
    essence, *rest = value.split(";")
    form = essence.strip().lower()
    if not MEDIA_TYPE.fullmatch(form):
        return "", {}
    pairs = (part.partition("=") for part in rest)
    return ALIASES.get(form, form), {name.strip().lower(): text.strip().strip('"') for name, _, text in pairs}


def _integer(name: str, text: str | None, bounds: tuple[int, int]) -> int | None:
    if text is None:
        return None
    low, high = bounds
    if not INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise bad_request(f"{name} must be an integer from {low} to {high}")
    return int(text)


def _wants_raw(accept: str | None) -> bool:
    """Return whether the client names raw float32 and prefers it at least as much as JSON."""
    if accept is None or FLOAT32 not in (accept := accept.lower()):
        return False
    wanted = {}
    for choice in accept.split(","):
        form, parameters = _media_type(choice)
        quality = parameters.get("q", "1")
        wanted[form] = float(quality) if QUALITY.fullmatch(quality) else 0.0
    return wanted.get(FLOAT32, 0.0) > 0 and wanted.get(FLOAT32, 0.0) >= wanted.get(JSON, 0.0)
