"""Asks a server several things at once, and ends when it is silent, when it has ended, or at the first Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from stackduel.verify.patience import LOOK_EVERY_S

AT_ONCE = 8
# How long those in flight may take to say how far they came, once nobody waits for them any longer.
LAST_WORDS_S = 1.0

Answered = TypeVar("Answered")


class Wait:
    """The wait for the answers to some questions: whether it was called off, and when an answer was last heard."""

    def __init__(self) -> None:
        self.called_off = threading.Event()
        self.heard_s = time.monotonic()

    def heard(self) -> None:
        """Note that an answer came: the server is not silent."""
        self.heard_s = time.monotonic()


Question = Callable[[Wait], Answered]


def ask_at_once(
    questions: Sequence[Question[Answered]], quiet_s: float, ended: Callable[[], object] = lambda: None
) -> list[Answered | None]:
    """Return the result of each question; None for those that nobody waited for any longer.

    That is so once no question was answered for ``quiet_s``, however much of an answer drips in, and once ``ended``
    says so. Each question returns soon after its wait was called off. An error of a question is raised.
    Nobody is waited for after a KeyboardInterrupt either: the threads end with the process.
    """
    round_ = _Round(questions)
    try:
        round_.start()
        round_.wait(quiet_s, ended)
    finally:
        round_.waited.called_off.set()
    round_.wait(LAST_WORDS_S, lambda: None, until_s=time.monotonic() + LAST_WORDS_S)
    return [round_.results.get(number) for number in range(len(questions))]


class _Round(Generic[Answered]):
    """Questions on their way: the threads that ask them, and what has come."""

    def __init__(self, questions: Sequence[Question[Answered]]) -> None:
        self.waited = Wait()
        self.results: dict[int, Answered] = {}
        self._count = len(questions)
        self._questions: SimpleQueue[tuple[int, Question[Answered]]] = SimpleQueue()
        for each in enumerate(questions):
            self._questions.put(each)
        self._answered: SimpleQueue[tuple[int, Future[Answered]]] = SimpleQueue()

    def start(self) -> None:
        """Begin to ask."""
        for _ in range(min(AT_ONCE, self._count)):
            threading.Thread(target=self._work, daemon=True).start()

    def wait(self, quiet_s: float, ended: Callable[[], object], until_s: float | None = None) -> None:
        """Take results until all are there, or nobody waits any longer; raises the error of a question."""
        self.waited.heard()
        while len(self.results) < self._count:
            now_s = time.monotonic()
            if now_s - self.waited.heard_s > quiet_s or (until_s is not None and now_s > until_s):
                return
            try:
                number, answered = self._answered.get(timeout=LOOK_EVERY_S)
            except Empty:
                if ended():
                    return
                continue
            self.results[number] = answered.result()
            self.waited.heard()

    def _work(self) -> None:
        while not self.waited.called_off.is_set():
            try:
                number, question = self._questions.get_nowait()
            except Empty:
                return
            answered = Future[Answered]()
            try:
                answered.set_result(question(self.waited))
            except BaseException as error:  # noqa: BLE001 - raised again where the results are taken
                answered.set_exception(error)
            self._answered.put((number, answered))
