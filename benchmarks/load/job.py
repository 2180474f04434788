"""What a load generator is told to do: one load of one request on one address (pure)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from benchmarks.measurement import Expectation
from benchmarks.suite import ClosedLoop, Load, Workload
from benchmarks.target import Address

Driver = Literal["raw", "aiohttp"]


@dataclass(frozen=True, slots=True)
class Job:
    """A workload under a load on an address; ``expectation`` is the right answer to each of its requests.

    ``timeout_s`` counts from the sending of a request to the last byte of its answer. ``seed`` is for loads
    whose arrivals are drawn.
    """

    address: Address
    workload: Workload
    load: Load
    expectation: Expectation
    timeout_s: float = 30.0
    driver: Driver = "raw"
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """The job as JSON values."""
        document = asdict(self)
        document["workload"]["body"] = _text(self.workload.body)
        document["expectation"]["body"] = None if self.expectation.body is None else _text(self.expectation.body)
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Job:
        """The job that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        workload, expectation = document["workload"], document["expectation"]
        return Job(
            address=Address(**document["address"]),
            workload=Workload(
                **{
                    **workload,
                    "headers": tuple((name, value) for name, value in workload["headers"]),
                    "body": _bytes(workload["body"]),
                }
            ),
            load=ClosedLoop(**document["load"]),
            expectation=Expectation(
                status=expectation["status"],
                length=expectation["length"],
                body=None if expectation["body"] is None else _bytes(expectation["body"]),
            ),
            timeout_s=document["timeout_s"],
            driver=document["driver"],
            seed=document["seed"],
        )


def choose_driver(address: Address, workload: Workload) -> tuple[Driver, str]:
    """The cheapest driver that can send this workload there, and in a few words why it is that one."""
    if address.tls:
        return "aiohttp", "TLS"
    if workload.method == "HEAD":
        return "aiohttp", "answers to HEAD have no body, whatever their head says"
    for name, _ in workload.headers:
        if name.lower() in {"expect", "transfer-encoding", "upgrade"}:
            return "aiohttp", f"the {name} header"
    return "raw", "plain HTTP/1.1"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
