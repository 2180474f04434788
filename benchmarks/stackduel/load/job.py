"""The task of a load generator: one load of one or more calls on one address."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from stackduel.inference.translation import is_grpc
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation
from stackduel.model.model_input import ModelInput
from stackduel.model.model_output import Numbers
from stackduel.model.suite import Load, Workload
from stackduel.model.target import Address


@dataclass(frozen=True, slots=True)
class Call:
    """A workload, and the right answer to it."""

    workload: Workload
    expectation: Expectation

    def to_json(self) -> dict[str, Any]:
        """Return the call as JSON values."""
        document = asdict(self)
        document["workload"]["body"] = _text(self.workload.body)
        document["expectation"]["body"] = None if self.expectation.body is None else _text(self.expectation.body)
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Call:
        """Return the call that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        workload, expectation = document["workload"], document["expectation"]
        headers = tuple((name, value) for name, value in workload["headers"])
        given = None if workload["given"] is None else ModelInput(**workload["given"])
        body = None if expectation["body"] is None else _bytes(expectation["body"])
        numbers = None if expectation["numbers"] is None else Numbers.from_json(expectation["numbers"])
        return Call(
            Workload(**{**workload, "headers": headers, "body": _bytes(workload["body"]), "given": given}),
            Expectation(**{**expectation, "body": body, "numbers": numbers}),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A load of one or more calls on an address, each in proportion to its workload's weight.

    ``timeout_s`` counts from the sending of a request to the last byte of its answer. ``seed`` is for what is drawn:
    arrivals, and the order of several calls. ``victim`` is requested ten times a second beside the load.
    """

    address: Address
    calls: tuple[Call, ...]
    load: Load
    timeout_s: float = 30.0
    driver: DriverName = "raw"
    seed: int = 0
    victim: Call | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Return a unique name for each of several calls: calls of the same request are numbered from the second on.

        Return none for a single call.
        """
        seen: Counter[str] = Counter()
        labels = []
        for call in self.calls:
            label = call.workload.label
            seen[label] += 1
            labels.append(label if seen[label] == 1 else f"{label} #{seen[label]}")
        return tuple(labels) if len(labels) > 1 else ()

    def to_json(self) -> dict[str, Any]:
        """Return the job as JSON values."""
        return {
            "address": asdict(self.address),
            "calls": [call.to_json() for call in self.calls],
            "load": msgspec.to_builtins(self.load, enc_hook=float),
            "timeout_s": self.timeout_s,
            "driver": self.driver,
            "seed": self.seed,
            "victim": self.victim.to_json() if self.victim else None,
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Job:
        """Return the job that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        return Job(
            address=Address(**document["address"]),
            calls=tuple(Call.from_json(call) for call in document["calls"]),
            load=msgspec.convert(document["load"], Load),
            timeout_s=document["timeout_s"],
            driver=document["driver"],
            seed=document["seed"],
            victim=Call.from_json(document["victim"]) if document["victim"] else None,
        )


def choose_driver(address: Address, workloads: Iterable[Workload]) -> tuple[DriverName, str]:
    """Return the cheapest driver that can send all of these workloads there, and in a few words why."""
    workloads = tuple(workloads)
    if any(is_grpc(workload) for workload in workloads):
        return "grpc", "gRPC"
    if address.tls:
        return "aiohttp", "TLS"
    for workload in workloads:
        if why := _beyond_raw(workload):
            return "aiohttp", why
    return "raw", "plain HTTP/1.1"


def _beyond_raw(workload: Workload) -> str | None:
    """Return what the raw driver cannot send of a workload; None if it can send everything."""
    if workload.method == "HEAD":
        return "answers to HEAD have no body, whatever their head says"
    for name, _ in workload.headers:
        if name.lower() in {"expect", "transfer-encoding", "upgrade"}:
            return f"the {name} header"
    return None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


# Called while a load runs, with requests and seconds since its window opened, and the latest median latency in ms.
Progress = Callable[[int, float, float | None], None]


class LoadError(Exception):
    """A load that could not be measured; the message says why."""
