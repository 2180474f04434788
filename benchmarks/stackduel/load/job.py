"""The task of a load generator: one load of one or more calls on one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import msgspec

from stackduel.inference.translation import is_grpc
from stackduel.model.driver import DriverName
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Expectation
from stackduel.model.run_options import RESEND_IDLE_S
from stackduel.model.stream_bounds import StreamBounds
from stackduel.model.suite import Load, Workload
from stackduel.model.target import Address


@dataclass(frozen=True, slots=True)
class Call:
    """A workload, and the right answer to it.

    The calls of a file's rows are of one ``group``, by which they are counted together. ``weight`` is the call's own
    where it shares that of its workload with others.
    """

    workload: Workload
    expectation: Expectation
    group: str | None = None
    weight: float | None = None

    @property
    def label(self) -> str:
        """Return the name under which it is counted."""
        return self.group or self.workload.label

    @property
    def share(self) -> float:
        """How often it is sent, beside the other calls."""
        return self.workload.weight if self.weight is None else self.weight


@dataclass(frozen=True, slots=True)
class Job:
    """A load of one or more calls on an address, each in proportion to its workload's weight.

    ``timeout_s`` counts from the sending of a request to the last byte of its answer. ``seed`` is for what is drawn:
    arrivals, and the order of several calls. ``victim`` is requested ten times a second beside the load. A request
    whose connection turns out closed is sent again only if that had been idle for ``resend_idle_s``, and if the request
    may be repeated. Streams that keep the ``bounds`` are counted.
    """

    address: Address
    calls: tuple[Call, ...]
    load: Load
    timeout_s: float = 30.0
    driver: DriverName = "raw"
    seed: int = 0
    victim: Call | None = None
    resend_idle_s: float = RESEND_IDLE_S
    bounds: StreamBounds | None = None

    @property
    def streams(self) -> bool:
        """Whether the answers are event streams."""
        return any(call.workload.stream is not None for call in self.calls)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return a unique name for each of several calls: calls of the same request are numbered from the second on.

        Return none for a single call.
        """
        seen: Counter[str] = Counter()
        labels: list[str] = []
        for call, begins in zip(self.calls, self._beginnings(), strict=True):
            if begins:
                seen[call.label] += 1
                labels.append(call.label if seen[call.label] == 1 else f"{call.label} #{seen[call.label]}")
        return tuple(labels) if len(labels) > 1 else ()

    @property
    def groups(self) -> tuple[int, ...]:
        """Return the place in ``labels`` that each call is counted at."""
        return tuple(number - 1 for number in accumulate(map(int, self._beginnings())))

    def _beginnings(self) -> Iterator[bool]:
        """Yield for each call whether it is counted by itself, or is the first of a group."""
        before = None
        for call in self.calls:
            yield call.group is None or call.group != before
            before = call.group

    def to_json(self) -> dict[str, Any]:
        """Return the job as JSON values; bytes as base64."""
        # Numbers of numpy's, as a search computes them, are plain ones on the wire.
        document: dict[str, Any] = msgspec.to_builtins(self, enc_hook=float)
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Job:
        """Return the job that ``to_json`` gave; raises ValueError with the place of what is wrong on anything else."""
        return msgspec.convert(document, Job)


def choose_driver(address: Address, workloads: Iterable[Workload]) -> tuple[DriverName, str]:
    """Return the cheapest driver that can send all of these workloads there, and in a few words why."""
    workloads = tuple(workloads)
    if any(is_grpc(workload) for workload in workloads):
        return "grpc", "gRPC"
    if any(workload.is_websocket for workload in workloads):
        return "websocket", "a WebSocket"
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


# Called while a load runs, with requests and seconds since its window opened, and the latest median latency in ms.
Progress = Callable[[int, float, float | None], None]


class LoadError(Exception):
    """A load that could not be measured; the message says why."""


class LostPartError(LoadError):
    """A load that could not be measured because a part of the generator ended."""

    def __init__(self, part: LostPart) -> None:
        super().__init__(part.sentence)
        self.part = part
