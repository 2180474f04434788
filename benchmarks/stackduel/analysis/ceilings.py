"""Ceilings: the upper bounds of a trial's rate, and the one that it reached.

Every ceiling is an upper bound by arithmetic, from what a request takes and how much of it there is: requests that
wait by Little's law (rate = places / wait; J. D. C. Little, Operations Research 9, 1961), CPU and the other busy
parts by the utilisation law (rate = capacity / demand; P. J. Denning and J. P. Buzen, The operational analysis of
queueing network models, ACM Computing Surveys 10, 1978).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A stack that reaches this part of a ceiling is bound by it: edges of the window and queueing take the rest.
REACHED = 0.90

CPU = "CPU"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """An upper bound in requests per second, named after its cause; ``detail`` shows the calculation."""

    name: str
    rate_rps: float
    detail: str


@dataclass(frozen=True, slots=True)
class CeilingInputs:
    """The capacities and demands of a trial's requests; None where there is no limit, or it is unknown.

    ``wait_s`` is how long one request waits, ``connections`` the closed loop's, ``offered_rps`` the open loop's
    arrivals, ``slots`` how many requests the stack can hold waiting, ``cores`` the CPUs of its budget and
    ``cpu_s_per_request`` what it spent of them on a right answer. ``downstream_rps`` is how many requests a second the
    downstream can feed, and ``generator_rps`` how many the generator got from a server that does nothing.
    ``waits_known`` is false where nobody knows the wait or the slots, so that no ceiling is surely the lowest one.
    """

    wait_s: float
    connections: int | None = None
    offered_rps: float | None = None
    slots: int | None = None
    cores: float | None = None
    cpu_s_per_request: float | None = None
    downstream_rps: float | None = None
    generator_rps: float | None = None
    waits_known: bool = True


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The bottleneck, predicted and measured: ``name`` is the ceiling reached, None where none was.

    ``predicted_rps`` is the lowest ceiling, None where none is known, and ``share`` the part of it that was measured.
    """

    name: str | None
    predicted_rps: float | None
    measured_rps: float
    share: float | None
    sentence: str


def ceilings(means: CeilingInputs) -> tuple[Ceiling, ...]:
    """Return the known ceilings of a trial, the lowest first; of equal ones, the load's own before the stack's."""
    possible = (
        _waiting("connections", "connections", means.connections, means.wait_s),
        _stated("offered", "that arrive", means.offered_rps),
        _waiting("waiting slots", "slots", means.slots, means.wait_s),
        _cpu(means.cores, means.cpu_s_per_request),
        _stated("downstream", "that the downstream can feed", means.downstream_rps),
        _stated("generator", "from a server that does nothing", means.generator_rps),
    )
    return tuple(sorted((each for each in possible if each is not None), key=lambda each: each.rate_rps))


def bottleneck(known: Sequence[Ceiling], measured_rps: float, reached: float = REACHED) -> Bottleneck:
    """Return the lowest ceiling if ``measured_rps`` reaches the share ``reached`` of it, else none."""
    if not known:
        return Bottleneck(None, None, measured_rps, None, f"None known: {_rate(measured_rps)} req/s measured.")
    lowest = min(known, key=lambda each: each.rate_rps)
    share = measured_rps / lowest.rate_rps
    figures = f"{lowest.detail}; {_rate(measured_rps)} measured ({100 * share:.0f} %)."
    if share >= reached:
        sentence = f"{lowest.name[0].upper()}{lowest.name[1:]}: {figures}"
        return Bottleneck(lowest.name, lowest.rate_rps, measured_rps, share, sentence)
    sentence = f"None reached: the lowest is {lowest.name}, {figures}"
    return Bottleneck(None, lowest.rate_rps, measured_rps, share, sentence)


def _waiting(name: str, noun: str, places: int | None, wait_s: float) -> Ceiling | None:
    if places is None or wait_s <= 0:
        return None
    rate_rps = places / wait_s
    places_of = f"{places:,} {noun if places > 1 else noun[:-1]}"
    return Ceiling(name, rate_rps, f"{places_of} / {1000 * wait_s:.4g} ms = {_rate(rate_rps)} req/s")


def _cpu(cores: float | None, cpu_s_per_request: float | None) -> Ceiling | None:
    if cores is None or not cpu_s_per_request:
        return None
    rate_rps = cores / cpu_s_per_request
    noun = "core" if cores == 1 else "cores"
    detail = f"{cores:g} {noun} / {1000 * cpu_s_per_request:.3g} ms of CPU = {_rate(rate_rps)} req/s"
    return Ceiling(CPU, rate_rps, detail)


def _stated(name: str, where: str, rate_rps: float | None) -> Ceiling | None:
    return None if rate_rps is None else Ceiling(name, rate_rps, f"{_rate(rate_rps)} req/s {where}")


def _rate(rate_rps: float) -> str:
    return f"{rate_rps:,.0f}" if rate_rps >= 100 else f"{rate_rps:.3g}"
