"""Requests to models from TOML files, whose inputs keep within the bounds of the model's card."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, prod
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.model.model_input import PICTURES, SOUNDS, InputKind, ModelInput
from stackduel.model.model_output import TOLERANCE
from stackduel.model.suite import Check, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.request_body import BODY_KEYS
from stackduel_servers.models.catalog import CATALOG, OWN, Picture, Sound, TensorInput, Text

CHECKS: tuple[Check, ...] = ("numbers", "body", "length", "status")

MAX_SEED = 2**31 - 1
MAX_SAMPLES = 10_000_000
MAX_RATE_HZ = 192_000
_PATH_ONLY = ("path", "method", "values_file", "stream", *BODY_KEYS)
_MODEL_ONLY = ("given", "served_as", "tolerance")


def parse_model(fields: Fields, headers: tuple[tuple[str, str], ...]) -> Workload | None:
    """Take a request to a model out of ``fields``; None if it names a path."""
    model = fields.text("model", default="")
    table = fields.table("given", default={})
    served_as = fields.text("served_as", default="") or None
    tolerance = fields.number("tolerance", 0.0, 1.0, default=TOLERANCE)
    if not model:
        for name in _MODEL_ONLY:
            if fields.given(name):
                raise FieldError(f"{fields.where}: {name}: only beside model")
        return None
    for name in _PATH_ONLY:
        if fields.given(name):
            raise FieldError(f"{fields.where}: {name}: cannot be combined with model")
    if model not in CATALOG and model != OWN:
        raise FieldError(f"{fields.where}: model: must be one of {', '.join([*CATALOG, OWN])}")
    check = fields.choice("check", CHECKS, default="numbers")
    if check != "numbers" and fields.given("tolerance"):
        raise FieldError(f'{fields.where}: tolerance: only where check is "numbers"')
    return Workload(
        target=f"/infer/{model}",
        method="POST",
        headers=headers,
        status=fields.integer("status", 200, 599, default=200),
        check=check,
        model=model,
        given=parse_given(f"{fields.where}: given", table, model),
        served_as=served_as,
        tolerance=tolerance if check == "numbers" else None,
    )


def parse_given(where: str, table: Mapping[str, Any], model: str) -> ModelInput:
    """Read a ``given`` table; its missing fields get what is usual for the model."""
    fields = Fields(where, table)
    seed = fields.integer("seed", 0, MAX_SEED, default=0)
    takes = CATALOG[model].takes if model in CATALOG else None
    match takes:
        case Sound():
            given = _sound(fields, takes, seed)
        case Picture():
            given = _picture(fields, takes, seed)
        case Text():
            given = ModelInput(_kind(fields, ("text",)), seed=seed)
        case _:
            given = _tensor(fields, takes, seed)
    fields.finish()
    return given


def _sound(fields: Fields, takes: Sound, seed: int) -> ModelInput:
    kind = _kind(fields, SOUNDS)
    # Raw float32 has no sampling rate of its own: it is the model's.
    least_hz, most_hz = (takes.rate_hz, takes.rate_hz) if kind == "float32" else (1_000, MAX_RATE_HZ)
    rate_hz = fields.integer("rate_hz", least_hz, most_hz, default=takes.rate_hz)
    least, usual, most = (ceil(samples * rate_hz / takes.rate_hz) for samples in (takes.least, takes.usual, takes.most))
    return ModelInput(kind, fields.integer("samples", least, most, default=usual), rate_hz, seed=seed)


def _picture(fields: Fields, takes: Picture, seed: int) -> ModelInput:
    kind = _kind(fields, PICTURES)
    width, height = (
        fields.integer(side, takes.least_side, takes.most_side, default=takes.usual) for side in ("width", "height")
    )
    return ModelInput(kind, width=width, height=height, seed=seed)


def _tensor(fields: Fields, takes: TensorInput | None, seed: int) -> ModelInput:
    kind = _kind(fields, ("tensor",))
    if takes is None:
        return ModelInput(kind, fields.integer("samples", 1, MAX_SAMPLES), seed=seed)
    size = prod(takes.shape)
    return ModelInput(kind, fields.integer("samples", size, size, default=size), seed=seed)


def _kind(fields: Fields, kinds: tuple[InputKind, ...]) -> InputKind:
    return fields.choice("kind", kinds, default=kinds[0])
