"""The check that every stack gives the same right answer, before it is loaded."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stackduel.inference.answer_formats import NumbersError, read
from stackduel.inference.output_comparison import first_difference
from stackduel.inference.translation import Translation, UntranslatableError, translate
from stackduel.model.measurement import Expectation
from stackduel.model.model_output import Numbers, Outputs
from stackduel.model.stack import ModelProtocol
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, Reply, ask

PROBES_AT_ONCE = 8
SHOWN_BYTES = 200


class VerifyError(Exception):
    """A stack did not give the expected answer; the message shows its answer."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A stack's answer: the workload in its protocol, its reply, and the numbers in the reply."""

    stack: str
    translation: Translation
    reply: Reply
    outputs: Outputs | None


class Answers:
    """The verified answer to each workload of a run: the first stack's, which all others must repeat.

    For models the others must repeat the numbers; the form may differ between protocols.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._known: dict[Workload, _Answer] = {}
        self._verified: dict[str, dict[Workload, _Answer]] = {}
        self._spoken: dict[tuple[Workload, ModelProtocol], Translation] = {}
        self._lock = threading.Lock()

    def verify(
        self, stack: str, address: Address, workloads: Iterable[Workload], protocol: ModelProtocol = "stackduel"
    ) -> None:
        """Send the stack each workload that is not verified yet, all at once.

        A stack that handles one request at a time answers the last after all others: each may take as long as all of
        them together. Raises VerifyError for the first wrong or missing answer.
        """
        verified = self._verified.setdefault(stack, {})
        new = [workload for workload in dict.fromkeys(workloads) if workload not in verified]
        timeout_s = self._timeout_s * max(1, len(new))
        with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
            answers = pool.map(lambda workload: self._probe(stack, address, workload, protocol, timeout_s), new)
            verified.update(zip(new, answers, strict=True))

    def sent(self, stack: str, workload: Workload) -> Workload:
        """Return the workload in this stack's protocol; raises KeyError before ``verify``."""
        return self._verified[stack][workload].translation.workload

    def expectation(self, stack: str, workload: Workload) -> Expectation:
        """Return the expected answer that the generator checks this stack by; raises KeyError before ``verify``.

        The numbers are the first stack's. The bytes are the stack's own: an equal body needs no parsing.
        """
        known, own = self._known[workload], self._verified[stack][workload]
        if known.outputs is None or own.translation.form is None or workload.tolerance is None:
            return Expectation.of(workload.status, known.reply.body, workload.check)
        numbers = Numbers.of(known.outputs, own.translation.form, workload.tolerance)
        return Expectation(workload.status, body=own.reply.body, numbers=numbers)

    def _probe(
        self, stack: str, address: Address, workload: Workload, protocol: ModelProtocol, timeout_s: float
    ) -> _Answer:
        try:
            translation = self._in_words(workload, protocol)
            reply = ask(address, translation.workload, timeout_s=timeout_s)
        except (ExchangeError, UntranslatableError) as error:
            raise VerifyError(f"{stack}: {error}") from error
        if reply.status != workload.status:
            raise VerifyError(
                f"{stack}: {translation.workload.label} answered {reply.status} instead of {workload.status}: "
                f"{_shown(reply.body)}"
            )
        answer = _Answer(stack, translation, reply, _outputs(stack, workload, translation, reply))
        with self._lock:
            known = self._known.setdefault(workload, answer)
        _same(workload, answer, known)
        return answer

    def _in_words(self, workload: Workload, protocol: ModelProtocol) -> Translation:
        """Return the translation, made once for all stacks of a protocol, as its body may be a megabyte."""
        with self._lock:
            if (workload, protocol) not in self._spoken:
                self._spoken[workload, protocol] = translate(workload, protocol)
            return self._spoken[workload, protocol]


def _outputs(stack: str, workload: Workload, translation: Translation, reply: Reply) -> Outputs | None:
    if workload.check != "numbers" or translation.form is None:
        return None
    try:
        return read(reply.body, translation.form)
    except NumbersError as error:
        raise VerifyError(f"{stack}: {translation.workload.label}: {error}: {_shown(reply.body)}") from error


def _same(workload: Workload, answer: _Answer, known: _Answer) -> None:
    start = f"{answer.stack}: {answer.translation.workload.label} answered"
    if answer.outputs is not None and known.outputs is not None:
        difference = first_difference(answer.outputs, known.outputs, workload.tolerance or 0.0)
        if difference:
            raise VerifyError(
                f"{start} other numbers than {known.stack}: {difference} (tolerance {workload.tolerance})"
            )
        return
    advice = '(a request whose answers may differ says check = "status" or "length")'
    own, other = answer.reply.body, known.reply.body
    if workload.check != "status" and len(own) != len(other):
        raise VerifyError(f"{start} {len(own)} bytes where {known.stack} answered {len(other)} {advice}")
    if workload.check == "body" and own != other:
        raise VerifyError(f"{start} {_shown(own)} where {known.stack} answered {_shown(other)} {advice}")


def _shown(body: bytes) -> str:
    text = body[:SHOWN_BYTES].decode(errors="replace")
    return repr(text) + (" ..." if len(body) > SHOWN_BYTES else "")
