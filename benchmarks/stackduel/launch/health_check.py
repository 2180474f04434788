"""One question to a stack: whether it is ready, and if not, whether it ever can be."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Event

from stackduel.model.stack import Stack
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.connecting import connected
from stackduel.verify.exchange import ExchangeError, Reply, ask
from stackduel_servers.registry import PROTOCOLS

HEALTHY_WITHIN_S = 30.0
# Answers of a server that may soon be ready: 5xx, and too early, too slow, too many; KServe's "not ready" is a 400.
TEMPORARY = frozenset({408, 425, 429})
UNSUPPORTED = frozenset({501, 505})
# The first bytes of an HTTP/2 client (RFC 9113, 3.4), and the type of a server's first frame.
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
SETTINGS = 4


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The health check of a stack, repeated for ``within_s`` at most: ``path``, None for HTTP/2's greeting.

    If the server refuses the path, ``fallback`` is asked instead. Where the path was only ``assumed``, a server that
    refuses all of it shows that it answers: what it says to the fallback is verified next. ``refused_s`` is how long it
    may refuse connections.
    """

    path: str | None = "/health"
    within_s: float = HEALTHY_WITHIN_S
    fallback: Workload | None = None
    refused_s: float | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """The answer of a stack: ``ready``, or ``why`` it is not, and whether it gave an answer at all.

    ``permanent`` says that asking again cannot help, ``refused`` that it took no connection.
    """

    why: str = ""
    ready: bool = False
    answered: bool = False
    permanent: bool = False
    refused: bool = False


READY = HealthAnswer(ready=True, answered=True)


def health_check(stack: Stack, within_s: float = HEALTHY_WITHIN_S, refused_s: float | None = None) -> HealthCheck:
    """Return the check of a stack; one that gives itself a time to start may refuse connections until then."""
    assumed = stack.assumed and stack.protocol == "stackduel"
    if stack.start_s is not None:
        return HealthCheck(stack.health, stack.start_s, stack.fallback, assumed=assumed)
    return HealthCheck(stack.health, within_s, stack.fallback, refused_s, assumed)


def health_of(address: Address, check: HealthCheck, timeout_s: float, called_off: Event | None = None) -> HealthAnswer:
    """Return what a server answers to the check; to its fallback where it refuses the path."""
    if check.path is None:
        return _greeting(address, timeout_s)
    first = _answer_to(address, Workload(check.path), timeout_s, called_off)
    if not (first.answered and first.permanent):
        return first
    if check.fallback is None:
        return READY if check.assumed else first
    second = _answer_to(address, check.fallback, timeout_s, called_off)
    if second.ready or check.assumed:
        # Of a path that nobody named there is nothing to say.
        return READY if second.answered and second.permanent else second
    return replace(second, why=f"{first.why}, and {second.why}")


def _answer_to(address: Address, asked: Workload, timeout_s: float, called_off: Event | None) -> HealthAnswer:
    """Return READY for an answer 2xx, or with the status that the request is to have."""
    try:
        reply = ask(address, asked, timeout_s=timeout_s, called_off=called_off)
    except ExchangeError as error:
        return _without_answer(error)
    if 200 <= reply.status < 300 or reply.status == asked.status:
        return READY
    passing = reply.status in TEMPORARY or (reply.status >= 500 and reply.status not in UNSUPPORTED)
    if asked.target == PROTOCOLS["kserve"] and reply.status == 400:
        passing = True
    return HealthAnswer(f"{asked.label} answered {_shown(reply)}", answered=True, permanent=not passing)


def _without_answer(error: ExchangeError) -> HealthAnswer:
    """Return why there was no answer, and whether there can be none."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            # aiohttp's own error holds that of the ssl module.
            what = getattr(getattr(cause, "certificate_error", cause), "verify_message", error)
            why = f"its certificate is not trusted: {what} (ca_file, or SSL_CERT_FILE, names an authority to trust)"
            return HealthAnswer(why, permanent=True)
        if isinstance(cause, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(cause):
            return HealthAnswer(f"{error} (it does not speak TLS)", permanent=True)
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            return HealthAnswer(str(error), permanent=True)
        if isinstance(cause, ConnectionRefusedError | FileNotFoundError):
            return HealthAnswer(str(error), refused=True)
        if isinstance(cause, PermissionError):
            return HealthAnswer(str(error), permanent=True)
    return HealthAnswer(str(error), permanent=error.permanent)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _greeting(address: Address, timeout_s: float) -> HealthAnswer:
    """Return READY for an HTTP/2 server."""
    try:
        with connected(address, timeout_s) as connection:
            connection.sendall(GREETING)
            frame = connection.recv(9, socket.MSG_WAITALL)
    except OSError as error:
        refused = isinstance(error, ConnectionRefusedError | FileNotFoundError)
        return HealthAnswer(error.strerror or str(error), refused=refused)
    if len(frame) == 9 and frame[3] == SETTINGS:
        return READY
    return HealthAnswer("it does not speak HTTP/2", answered=True)


def _shown(reply: Reply) -> str:
    where = reply.header("Location") if 300 <= reply.status < 400 else None
    return f"{reply.status} to {where}" if where else str(reply.status)
