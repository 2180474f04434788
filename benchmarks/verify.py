"""Making sure that every stack gives the same right answer before it is loaded."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.exchange import ExchangeError, Reply, exchange
from benchmarks.measurement import Expectation
from benchmarks.suite import Workload
from benchmarks.target import Address

PROBES_AT_ONCE = 8
SHOWN_BYTES = 200


class VerifyError(Exception):
    """A stack whose answer is not the expected one; the message says what it was."""


class Answers:
    """The verified answer to each workload of a run: what the first stack said, and all others must repeat."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._known: dict[Workload, tuple[str, Reply]] = {}
        self._verified: dict[str, set[Workload]] = {}
        self._lock = threading.Lock()

    def verify(self, stack: str, address: Address, workloads: Iterable[Workload]) -> None:
        """Ask the stack for each workload that it has not been asked for yet, all at once.

        A stack that does one thing after another answers the last when all others are done: each may take as long as
        all of them together may. Raises VerifyError for the first that is answered wrongly, or not at all.
        """
        verified = self._verified.setdefault(stack, set())
        new = [workload for workload in dict.fromkeys(workloads) if workload not in verified]
        timeout_s = self._timeout_s * max(1, len(new))
        with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
            for _ in pool.map(lambda workload: self._probe(stack, address, workload, timeout_s), new):
                pass
        verified.update(new)

    def expectation(self, workload: Workload) -> Expectation:
        """What the generator checks every answer against; raises KeyError before ``verify``."""
        reply = self._known[workload][1]
        return Expectation.of(workload.status, reply.body, workload.check)

    def _probe(self, stack: str, address: Address, workload: Workload, timeout_s: float) -> None:
        request = f"{workload.method} {workload.target}"
        try:
            reply = exchange(
                address,
                workload.target,
                method=workload.method,
                headers=workload.headers,
                body=workload.body,
                timeout_s=timeout_s,
            )
        except ExchangeError as error:
            raise VerifyError(f"{stack}: {error}") from error
        if reply.status != workload.status:
            raise VerifyError(
                f"{stack}: {request} answered {reply.status} instead of {workload.status}: {_shown(reply.body)}"
            )
        with self._lock:
            other, known = self._known.setdefault(workload, (stack, reply))
        _same(stack, other, request, workload, reply, known)


def _same(stack: str, other: str, request: str, workload: Workload, reply: Reply, known: Reply) -> None:
    advice = '(a request whose answers may differ says check = "status" or "length")'
    if workload.check != "status" and len(reply.body) != len(known.body):
        raise VerifyError(
            f"{stack}: {request} answered {len(reply.body)} bytes where {other} answered {len(known.body)} {advice}"
        )
    if workload.check == "body" and reply.body != known.body:
        raise VerifyError(
            f"{stack}: {request} answered {_shown(reply.body)} where {other} answered {_shown(known.body)} {advice}"
        )


def _shown(body: bytes) -> str:
    text = body[:SHOWN_BYTES].decode(errors="replace")
    return repr(text) + (" ..." if len(body) > SHOWN_BYTES else "")
