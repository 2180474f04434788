"""The contract of servers that speak KServe over HTTP: every model gives the same numbers as in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from stackduel.model.model_output import TOLERANCE
from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange
from stackduel_servers.core import kserve
from stackduel_servers.core.kserve import KServeError, Tensor
from stackduel_servers.models import sample_inputs
from stackduel_servers.models.model import load
from stackduel_servers.models.triton.repository import DEFAULT, MODELS

SEED = 4
SPEAKER_SAMPLES = 30_000


@dataclass(frozen=True, slots=True)
class KServeCase:
    """A request to a model of Triton: its tensors, and the outputs that the answer must hold within the tolerance."""

    model: str
    given: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]


def kserve_cases() -> tuple[KServeCase, ...]:
    """Return a case for every model of our Triton; raises ModelError if one is not built here."""
    return tuple(_cases())


def kserve_difference(case: KServeCase, address: Address, timeout_s: float) -> str | None:
    """Return the first difference in a server's answer, in a sentence; None without one."""
    body, length = kserve.encode_request(case.given, tuple(case.outputs))
    headers = [(kserve.HEADER_LENGTH, str(length)), ("Content-Type", kserve.CONTENT_TYPE)]
    try:
        reply = exchange(
            address, kserve.target(case.model), method="POST", headers=headers, body=body, timeout_s=timeout_s
        )
        found_length = reply.header(kserve.HEADER_LENGTH)
        outputs = kserve.decode_response(reply.body, int(found_length) if found_length else None)
    except (ExchangeError, KServeError, ValueError) as error:
        return f"{case.model}: {error}"
    for name, wanted in case.outputs.items():
        if name not in outputs or outputs[name].shape != wanted.shape:
            return f"{case.model}: output {name} has another shape than {list(wanted.shape)}"
        if not np.allclose(outputs[name], wanted, rtol=0, atol=TOLERANCE):
            return f"{case.model}: output {name} is off by {np.abs(outputs[name] - wanted).max():g}"
    return None


def _cases() -> Iterator[KServeCase]:
    for name in DEFAULT:
        served = MODELS[name]
        source = "fast-cnn" if name == "fast-cnn" else "speaker"
        (port,) = served.inputs
        samples = 48_000 if source == "fast-cnn" else SPEAKER_SAMPLES
        sound = sample_inputs.sound(samples, samples, SEED)
        pcm = (sound * 32_767).astype(np.int16)
        given = sound if port.datatype == "FP32" else pcm
        outputs = _outputs(source, sound if port.datatype == "FP32" else pcm.astype(np.float32) / np.float32(32_768))
        if served.batch_size:
            given, outputs = given[None], {key: each[None] for key, each in outputs.items()}
        yield KServeCase(name, {port.name: given}, outputs)


def _outputs(name: str, sound: Tensor) -> dict[str, Tensor]:
    model = load(name, os.environ)
    (raw,) = model.infer([model.prepare(sound)])
    return dict(model.finish(raw))
