"""The end of one answer, for what must happen once and before the client can know that it has the whole answer."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

LENGTH = re.compile(r"[0-9]{1,20}")


class AnswerEnd(ABC):
    """Finds the end of one answer and calls ``ended`` there, once, however often ``leave`` is called.

    A client that has read the end of an answer may send the next request at once. So it ends before the last bytes are
    sent, which the answer's length foretells; without a length before its last part, and at every other end.
    """

    __slots__ = ("_left", "_unsent")

    def __init__(self) -> None:
        self._left = False
        self._unsent: int | None = None

    @abstractmethod
    def ended(self) -> None:
        """Do what there is to do at the end."""

    def begin(self, status: int, content_length: str | None) -> None:  # noqa: ARG002 - for those that record it
        """Take note of the head, whose ``content_length`` is that of the body that will follow.

        An application may still fail after it; ``send(0)``, once the head is really sent next, ends an empty answer.
        """
        if content_length is not None and LENGTH.fullmatch(content_length):
            self._unsent = int(content_length)

    def send(self, size: int, *, is_last: bool = False) -> None:
        """Take note that so many bytes of the body are sent next; leave before the last of them."""
        if self._unsent is not None:
            self._unsent -= size
        if is_last or (self._unsent is not None and self._unsent <= 0):
            self.leave()

    def leave(self) -> None:
        """End the answer, unless it has ended."""
        if not self._left:
            self._left = True
            self.ended()


class AnswerEnds:
    """All that waits for the end of one answer; false while there is nothing."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends: list[AnswerEnd] = []

    def __bool__(self) -> bool:
        return bool(self._ends)

    def add(self, end: AnswerEnd | None) -> None:
        """Add one, if it is one."""
        if end:
            self._ends.append(end)

    def begin(self, status: int, content_length: str | None) -> None:
        """Take note, for each, of the head."""
        for end in self._ends:
            end.begin(status, content_length)

    def send(self, size: int, *, is_last: bool = False) -> None:
        """Take note, for each, that so many bytes of the body are sent next."""
        for end in self._ends:
            end.send(size, is_last=is_last)

    def leave(self) -> None:
        """End each that has not ended."""
        for end in self._ends:
            end.leave()


class EndingAnswer:
    """The answer of a WSGI application; it ends as its last bytes go out, or as it is closed."""

    def __init__(self, answer: Iterable[bytes], ends: AnswerEnds) -> None:
        self._answer = answer
        self._parts = iter(answer)
        self._ends = ends
        self._ends.send(0)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self._parts)
        except BaseException:
            self._ends.leave()
            raise
        self._ends.send(len(part))
        return part

    def close(self) -> None:
        """End the answer, and close the application's; the server calls it at every end."""
        self._ends.leave()
        close = getattr(self._answer, "close", None)
        if close:
            close()
