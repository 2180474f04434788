"""The check that every stack gives the same right answer, before it is loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from stackduel.inference.translation import Translation, UntranslatableError, translate
from stackduel.load.content.decoding import why_unknown
from stackduel.load.content.place_rules import rules_of
from stackduel.model.driver import DriverName
from stackduel.model.expected_content import VaryingPlace
from stackduel.model.gained import NOTHING_GAINED, Gained
from stackduel.model.measurement import Expectation
from stackduel.model.placeholders import filled
from stackduel.model.stack import ModelProtocol
from stackduel.model.suite import SetupRequest, Workload
from stackduel.model.target import Address
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel.verify.agreement import change, disagreement
from stackduel.verify.at_once import Wait, ask_at_once
from stackduel.verify.difference_sentences import Wording
from stackduel.verify.exchange import ExchangeError, ask
from stackduel.verify.expectation import expectation_of
from stackduel.verify.setup import SetupError, set_up
from stackduel.verify.stack_answer import StackAnswer, UnreadableError, read_answer
from stackduel.verify.variation import joined, varying_places
from stackduel.verify.watched import Watched, why_ended
from stackduel.verify.worker_timeouts import why_cut

# The first stack is asked again, so often and after such a pause, to see where its answers differ from each other.
ASKED_AGAIN = 2
PAUSE_S = 0.5
# A stack that answers more slowly is not asked again at each of its starts.
QUICK_S = 1.0


class VerifyError(Exception):
    """A stack did not give the expected answer; the message shows its answer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which stack is asked, where, in which protocol, and how long for one answer at most."""

    stack: str
    address: Address
    protocol: ModelProtocol
    timeout_s: float


class Answers:
    """The verified answer to each workload of a run: the first stack's, which all others must repeat.

    How far they must is the workload's ``check``. For models the others must repeat the numbers; the form may differ
    between protocols. Where the content counts, the first stack is asked three times over a second, and what differs
    from itself is compared by kind. ``driver`` is that of the load: the same requests are sent, and the same answers
    understood. ``redaction`` hides the secrets in what is said of answers. The requests of ``setup`` are sent first,
    once after each start, and what they give is filled in.
    """

    def __init__(
        self,
        timeout_s: float,
        driver: DriverName = "raw",
        redaction: Redaction = NO_SECRETS,
        setup: Sequence[SetupRequest] = (),
    ) -> None:
        self._timeout_s = timeout_s
        self._driver = driver
        self._wording = Wording(redaction)
        self._setup = tuple(setup)
        self._gained: dict[str, Gained] = {}
        self._known: dict[Workload, StackAnswer] = {}
        self._verified: dict[str, dict[Workload, StackAnswer]] = {}
        self._spoken: dict[tuple[Workload, ModelProtocol], Translation] = {}
        self._notes: list[str] = []
        self._lock = threading.Lock()

    def verify(
        self,
        stack: str,
        address: Address,
        workloads: Iterable[Workload],
        protocol: ModelProtocol = "stackduel",
        server: Watched | None = None,
    ) -> None:
        """Do as ``check``; raises VerifyError with all that is wrong."""
        if wrong := self.check(stack, address, workloads, protocol, server):
            raise VerifyError("\n".join(f"{stack}: {sentence}" for sentence in wrong))

    def check(
        self,
        stack: str,
        address: Address,
        workloads: Iterable[Workload],
        protocol: ModelProtocol = "stackduel",
        server: Watched | None = None,
    ) -> tuple[str, ...]:
        """Send the stack each workload, all at once; return a sentence for each wrong answer.

        What was verified before is sent again only where its content counts: it may differ from start to start. A
        stack that handles one request at a time answers the last after all others: each may take as long as all of
        them together, as long as no answer comes later than the timeout after the one before. If ``server`` ended
        meanwhile, only that is told, with the end of its log; if it killed workers of its own, that is told, too.
        """
        if self._setup:
            try:
                self._gained[stack] = set_up(address, self._setup, self._timeout_s, self._driver, self._wording)
            except SetupError as error:
                ended = why_ended(server) if server else None
                return (ended or str(error),)
        wrong = [sentence for _, sentence in self.wrong_answers(stack, address, workloads, protocol, server)]
        if not wrong or server is None:
            return tuple(wrong)
        if ended := why_ended(server):
            return (ended,)
        return (*wrong, *filter(None, [why_cut(server)]))

    def wrong_answers(
        self,
        stack: str,
        address: Address,
        workloads: Iterable[Workload],
        protocol: ModelProtocol = "stackduel",
        server: Watched | None = None,
    ) -> list[tuple[Workload, str]]:
        """Do as ``check``, without a set-up; return each workload whose answer is wrong, with a sentence on it."""
        verified = self._verified.setdefault(stack, {})
        new = [workload for workload in dict.fromkeys(workloads) if _is_asked(workload, verified.get(workload))]
        asked = _Asked(stack, address, protocol, self._timeout_s * max(1, len(new)))
        questions = [partial(self._probe, asked, workload) for workload in new]
        found = ask_at_once(questions, self._timeout_s, server.failure if server else lambda: None)
        wrong = []
        for workload, answer in zip(new, found, strict=True):
            if isinstance(answer, StackAnswer):
                verified[workload] = answer
            else:
                wrong.append((workload, answer or f"{workload.label}: no whole answer within {self._timeout_s:g} s"))
        return wrong

    def take_notes(self) -> tuple[str, ...]:
        """Return, once, a sentence on each answer of which some places are compared by kind alone."""
        with self._lock:
            notes, self._notes = tuple(self._notes), []
        return notes

    def sent(self, stack: str, workload: Workload) -> Workload:
        """Return the workload in this stack's protocol; raises KeyError before ``verify``."""
        return self._filled(stack, self._verified[stack][workload].translation.workload)

    def _filled(self, stack: str, workload: Workload) -> Workload:
        gained = self._gained.get(stack, NOTHING_GAINED)
        return filled(workload, gained.values, gained.cookies)

    def expectation(self, stack: str, workload: Workload) -> Expectation:
        """Return the expected answer that the generator checks this stack by; raises KeyError before ``verify``.

        The numbers are the first stack's. The bytes are the stack's own: an equal body needs no parsing.
        """
        return expectation_of(workload, self._known[workload], self._verified[stack][workload])

    def _probe(self, asked: _Asked, workload: Workload, wait: Wait) -> StackAnswer | str:
        """Ask a stack; return its answer, or a sentence on what is wrong with it."""
        before = self._verified[asked.stack].get(workload)
        try:
            answer = self._ask(asked, workload, wait)
            known = self._known.get(workload)
            if known is None:
                known = self._known[workload] = self._first(asked, workload, answer, wait)
                return known
        except (ExchangeError, UntranslatableError, UnreadableError) as error:
            return str(error)
        if before is not None:
            return self._again(workload, answer, before, known)
        return disagreement(workload, answer, known, known.varying, self._wording) or answer

    def _ask(self, asked: _Asked, workload: Workload, wait: Wait) -> StackAnswer:
        """Ask once; raises ExchangeError, UntranslatableError or UnreadableError."""
        translation = self._in_words(workload, asked.protocol)
        began_s = time.monotonic()
        reply = ask(
            asked.address,
            self._filled(asked.stack, translation.workload),
            timeout_s=asked.timeout_s,
            driver=self._driver,
            called_off=wait.called_off,
        )
        wait.heard()
        return read_answer(asked.stack, workload, translation, reply, time.monotonic() - began_s, self._wording)

    def _first(self, asked: _Asked, workload: Workload, answer: StackAnswer, wait: Wait) -> StackAnswer:
        """Return the first answer of all, with the places where the same stack answers differently when asked again."""
        if answer.content is None:
            return answer
        others = []
        for _ in range(ASKED_AGAIN):
            wait.called_off.wait(PAUSE_S)
            wait.heard()
            again = self._ask(asked, workload, wait).content
            if again is None or again.kind != answer.content.kind:
                kinds = f"{answer.content.kind}, then {again.kind if again else 'nothing'}"
                raise UnreadableError(f"{workload.label} answered {kinds}, to the same request")
            others.append(again)
        if answer.content.kind == "binary" and (why := why_unknown(answer.reply.encoding)):
            self._say(f"{workload.label}: {why}, so its bytes are compared")
        places = varying_places(answer.content, others, rules_of(workload.ignore or (), ()))
        self._note(workload, answer, places, "not the same in every answer")
        return replace(answer, varying=places)

    def _again(
        self, workload: Workload, answer: StackAnswer, before: StackAnswer, known: StackAnswer
    ) -> StackAnswer | str:
        """Return a later answer of a stack, with what differs from its former one; a sentence if that is too much."""
        if answer.content is None or before.content is None:
            return answer
        rules = rules_of(workload.ignore or (), joined(known.varying, before.varying))
        if told := change(answer, before, rules, self._wording):
            return told
        places = varying_places(before.content, [answer.content], rules)
        self._note(workload, answer, places, f"{answer.stack} changed its answer since it was verified")
        answer = replace(answer, varying=joined(before.varying, places))
        if known.stack == answer.stack:
            self._known[workload] = answer
        return answer

    def _note(self, workload: Workload, answer: StackAnswer, places: tuple[VaryingPlace, ...], what: str) -> None:
        if places and answer.content is not None:
            self._say(f"{workload.label}: {self._wording.varying(places, answer.content.kind, what)}")

    def _say(self, note: str) -> None:
        with self._lock:
            self._notes.append(note)

    def _in_words(self, workload: Workload, protocol: ModelProtocol) -> Translation:
        """Return the translation, made once for all stacks of a protocol, as its body may be a megabyte."""
        with self._lock:
            if (workload, protocol) not in self._spoken:
                self._spoken[workload, protocol] = translate(workload, protocol)
            return self._spoken[workload, protocol]


def _is_asked(workload: Workload, before: StackAnswer | None) -> bool:
    return before is None or (workload.check == "content" and before.took_s < QUICK_S)
