"""The bridge between Triton's requests and responses and our arrays: only this module uses the backend's module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import triton_python_backend_utils as triton  # exists inside Triton alone

from stackduel_servers.models.base import Array, Features

TritonRequest: TypeAlias = Any
TritonResponse: TypeAlias = Any


def tensor(request: TritonRequest, name: str) -> Array:
    """Return an input of a request."""
    array: Array = triton.get_input_tensor_by_name(request, name).as_numpy()
    return array


def serve(
    requests: Sequence[TritonRequest],
    prepare: Callable[[TritonRequest], Features],
    infer: Callable[[Sequence[Features]], Sequence[Features]],
    finish: Callable[[Features], Mapping[str, Array]],
) -> list[TritonResponse]:
    """Return the responses, in order: prepared requests go through ``infer`` together, a bad one fails alone."""
    prepared: dict[int, Features] = {}
    responses: dict[int, TritonResponse] = {}
    for at, request in enumerate(requests):
        try:
            prepared[at] = prepare(request)
        except ValueError as error:
            responses[at] = _failure(str(error))
    if prepared:
        for at, raw in zip(prepared, infer(list(prepared.values())), strict=True):
            responses[at] = _success(finish(raw))
    return [responses[at] for at in range(len(requests))]


def as_they_are(batch: Sequence[Features]) -> Sequence[Features]:
    """Return the features unchanged, for a step that has nothing to infer."""
    return batch


def _success(outputs: Mapping[str, Array]) -> TritonResponse:
    return triton.InferenceResponse([triton.Tensor(name, array) for name, array in outputs.items()])


def _failure(message: str) -> TritonResponse:
    return triton.InferenceResponse([], triton.TritonError(message, triton.TritonError.INVALID_ARG))
