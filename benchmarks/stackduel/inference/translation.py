"""A request to a model, translated to a stack's protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackduel.inference.generated_inputs import floats, input_bytes, sound
from stackduel.model.model_input import SOUNDS, ModelInput
from stackduel.model.model_output import Form
from stackduel.model.stack import ModelProtocol
from stackduel.model.suite import Workload
from stackduel_servers.core import kserve

GRPC_SERVICE = "/inference.GRPCInferenceService/"
RAW = "application/octet-stream"


class UntranslatableError(ValueError):
    """A protocol cannot express this request; the message says why."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A workload as it is sent, and the form of the numbers in its answers; None without numbers."""

    workload: Workload
    form: Form | None


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model of the Triton repository: its input's name, its sample rate, its conversion of samples, its outputs."""

    tensor: str
    rate_hz: int
    cast: Callable[[NDArray[np.int16]], NDArray[Any]]
    outputs: tuple[str, ...]


def _integers(samples: NDArray[np.int16]) -> NDArray[Any]:
    return samples


# The models of servers/stackduel_servers/models/triton.
SERVED: Mapping[str, ServedModel] = {
    "fast-cnn": ServedModel("samples", 48_000, floats, ("speaker_a", "speaker_b")),
    "speaker": ServedModel("samples", 16_000, _integers, ("embedding",)),
    "speech": ServedModel("pcm", 16_000, _integers, ("embedding",)),
}


def translate(workload: Workload, protocol: ModelProtocol) -> Translation:
    """Translate a workload, with its body, to a stack's protocol.

    Raises UntranslatableError if the protocol cannot express it, or if a package for it is missing.
    """
    if protocol == "stackduel":
        return _plainly(workload)
    if workload.model is None or workload.given is None:
        return Translation(_health(workload, protocol), None)
    name = workload.served_as or workload.model
    served = _served(name, workload.given)
    tensors, outputs = {served.tensor: served.cast(sound(workload.given))}, served.outputs
    if protocol == "kserve":
        body, length = kserve.encode_request(tensors, outputs)
        headers = (("Content-Type", kserve.CONTENT_TYPE), (kserve.HEADER_LENGTH, str(length)))
        return Translation(replace(workload, target=kserve.target(name), headers=headers, body=body), "kserve")
    try:
        from stackduel.inference.grpc_messages import infer_request  # noqa: PLC0415 - needs the extra `inference`
    except ModuleNotFoundError as error:
        raise UntranslatableError(f"gRPC needs the package {error.name}: pip install 'stackduel[inference]'") from error
    body = infer_request(name, tensors, outputs)
    return Translation(replace(workload, target=f"{GRPC_SERVICE}ModelInfer", headers=(), body=body), "grpc")


def is_grpc(workload: Workload) -> bool:
    """Return whether a translated workload is a call over gRPC."""
    return workload.target.startswith(GRPC_SERVICE)


def _plainly(workload: Workload) -> Translation:
    if workload.given is None:
        return Translation(workload, None)
    given = {name.lower(): value for name, value in workload.headers}
    headers = workload.headers
    if "content-type" not in given:
        headers = (*headers, ("Content-Type", workload.given.content_type))
    try:
        body = input_bytes(workload.given)
    except ModuleNotFoundError as error:
        raise UntranslatableError(
            f"pictures need the package {error.name}: pip install 'stackduel[inference]'"
        ) from error
    return Translation(
        replace(workload, headers=headers, body=body), "float32" if given.get("accept") == RAW else "json"
    )


def _served(name: str, given: ModelInput) -> ServedModel:
    served = SERVED.get(name)
    if served is None:
        raise UntranslatableError(f"the model {name} is not served over KServe; these are: {', '.join(SERVED)}")
    if given.kind not in SOUNDS or given.rate_hz != served.rate_hz:
        raise UntranslatableError(f"over KServe the model {name} takes sounds at {served.rate_hz} Hz only")
    return served


def _health(workload: Workload, protocol: ModelProtocol) -> Workload:
    """Translate the health check beside a load, the only request without a model that all protocols have."""
    if workload.target != "/health" or workload.check != "status":
        raise UntranslatableError(f"{workload.label}: KServe knows requests to models and /health only")
    if protocol == "kserve":
        return replace(workload, target="/v2/health/ready")
    return replace(workload, target=f"{GRPC_SERVICE}ServerReady", method="POST")
