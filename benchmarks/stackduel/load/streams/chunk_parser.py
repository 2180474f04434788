"""The tokens of a stream in the form of OpenAI's API: chat completions, and the older completions.

Servers of models differ in all that clients can do without, so only what carries a meaning is read:

- A token's event is a chunk whose delta has a text: of the answer, the reasoning, a refusal, or a call of a tool. A
  chunk with only the role, an empty text, or the usage is none.
- The end is a ``finish_reason`` or ``[DONE]``: the one is missing where a server is stopped, the other is no whole
  event of some servers.
- An error comes as a chunk with an ``error``, as an event of that type, or as a line of a field ``error``.
- ``usage`` comes in a chunk of its own, in the last one, or in every one with the count so far.
"""

from __future__ import annotations

from typing import Any

import msgspec

from stackduel.load.streams.event_parser import Event, EventParser
from stackduel.load.streams.timetable import stamps_of

DONE = b"[DONE]"
ERROR = b"error"
# A text of a delta: OpenAI's names, and what servers of models that reason call their reasoning.
TEXTS = ("content", "reasoning_content", "reasoning", "refusal")
MOST_TOKENS = 10**9
LONGEST_ERROR = 200


class Choice(msgspec.Struct):
    """The part of a chunk that goes on with one answer: a ``delta``, or in the older form a ``text``."""

    delta: dict[str, Any] | None = None
    text: Any = None
    finish_reason: Any = None

    @property
    def content(self) -> str:
        """The text that this chunk adds; empty if it adds none."""
        if self.delta is None:
            return self.text if isinstance(self.text, str) else ""
        delta = self.delta
        calls = delta.get("tool_calls")
        functions = (
            [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
        )
        functions.append(delta.get("function_call"))
        texts = [delta.get(name) for name in TEXTS]
        texts += [each.get(name) for each in functions if isinstance(each, dict) for name in ("name", "arguments")]
        return "".join(text for text in texts if isinstance(text, str))


class Chunk(msgspec.Struct):
    """A chunk as far as it is read."""

    choices: list[Choice] | None = None
    usage: dict[str, Any] | None = None
    error: Any = None
    object: Any = None
    message: Any = None


_DECODER = msgspec.json.Decoder(Chunk)


class ChunkParser(EventParser):
    """Takes a body piece by piece, and returns an event for each chunk that brings tokens.

    Its data is the text that came, with the times of a timetable before it: all by which one server's tokens can be
    compared with another's. ``told_tokens`` is the number of tokens that the server said it sent, None before it did.
    """

    def __init__(self) -> None:
        super().__init__()
        self.told_tokens: int | None = None
        self._finished = False
        self._error = ""

    @property
    def missing_end(self) -> str:
        """Why a stream that ends here is not complete, in a few words; empty if it is."""
        return self._error or ("" if self._finished else "without a finish_reason or [DONE]")

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events with tokens that are complete with this piece."""
        return [token for event in super().feed(piece) if (token := self._token_of(event)) is not None]

    def _field(self, line: bytes) -> None:
        """Take a line; one of a field ``error``, which no standard knows, is how older llama.cpp servers fail."""
        name, _, value = line.partition(b":")
        if name == ERROR:
            self._fail(value)
        super()._field(line)

    def _token_of(self, event: Event) -> Event | None:
        if event.data.strip() == DONE:
            self._finished = True
            return None
        try:
            chunk = _DECODER.decode(event.data)
        except msgspec.MsgspecError:
            self._fail(event.data) if event.name == ERROR else self._fail(b"no chunk: " + event.data)
            return None
        if event.name == ERROR or chunk.error is not None or chunk.object == "error":
            self._fail(event.data)
            return None
        self._count(chunk.usage)
        choices = chunk.choices or []
        self._finished |= any(choice.finish_reason is not None for choice in choices)
        text = "".join(choice.content for choice in choices)
        return Event(_data_of(event.data, text), None, None, event.end) if text else None

    def _count(self, usage: dict[str, Any] | None) -> None:
        tokens = usage.get("completion_tokens") if usage is not None else None
        if type(tokens) is int and 0 <= tokens <= MOST_TOKENS:
            self.told_tokens = tokens

    def _fail(self, why: bytes) -> None:
        self._error = self._error or f"with an error: {why.decode(errors='replace').strip()[:LONGEST_ERROR]}"


def _data_of(data: bytes, text: str) -> bytes:
    """Return the text as JSON, after the times of a chunk that has some."""
    stamps = stamps_of(data)
    times = b"" if stamps is None else b'"due_ns":%d,"made_ns":%d,' % (stamps.due_ns, stamps.made_ns)
    return b'{%b"text":%b}' % (times, msgspec.json.encode(text))
