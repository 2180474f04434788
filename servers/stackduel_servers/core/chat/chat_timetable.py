"""The stream of a model that is none: chunks in OpenAI's shape by an exact timetable, for gateways to pass on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from stackduel_servers.core.json_encoder import standard
from stackduel_servers.core.payloads import WORDS
from stackduel_servers.core.query import INTEGER, Parameter, read
from stackduel_servers.core.streams.timetable import Moment, read_times, seconds

# The name by which the upstream knows its only model.
UPSTREAM_MODEL = "upstream/chat-1"
MOST_TOKENS = 10_000
MOST_ALTERNATIVES = 20
TOKENS = Parameter(b"tokens", INTEGER, 1, MOST_TOKENS, 16, f"an integer from 1 to {MOST_TOKENS}")
ALTERNATIVES = Parameter(b"top_logprobs", INTEGER, 0, MOST_ALTERNATIVES, 0, f"an integer from 0 to {MOST_ALTERNATIVES}")

DONE = b"data: [DONE]\n\n"
# Every stream says the same, so that what gateways make of it can be compared.
CREATED_S = 1_767_225_600


@dataclass(frozen=True, slots=True)
class ChatTimetable:
    """When each of the ``tokens`` is due, in nanoseconds after the stream's zero; one token is one event.

    Before them comes an event that has only the role, at zero, and after them one that has only the reason of the end,
    with the last token. Each token has so many ``alternatives`` with their probabilities, which make it larger:
    twelve make a kilobyte.
    """

    tokens: int
    first_ns: int
    interval_ns: int
    alternatives: int

    @property
    def events(self) -> int:
        """How many events there are."""
        return self.tokens + 2

    def due_ns(self, number: int) -> int:
        """Return when an event is due; they are counted from 0."""
        if number == 0:
            return 0
        return self.first_ns + (min(number, self.tokens) - 1) * self.interval_ns

    def moments(self) -> Iterator[Moment]:
        """Yield when each event is due."""
        return ((self.due_ns(number), number) for number in range(self.events))

    def encoded(self, number: int, made_ns: int) -> bytes:
        """Return the bytes of an event; the last one has the end of the stream with it."""
        times = b'data: {"due_ns":%d,"made_ns":%d,' % (self.due_ns(number), made_ns)
        if number == 0:
            return times + _chunk({"role": "assistant", "content": ""})
        if number > self.tokens:
            return times + _chunk({}, finish_reason="length") + DONE
        return times + _token(number % len(WORDS), self.alternatives)

    def query(self) -> str:
        """Return the query that asks for this timetable."""
        first, interval = seconds(self.first_ns), seconds(self.interval_ns)
        return f"tokens={self.tokens}&first={first}&interval={interval}&top_logprobs={self.alternatives}"


def read_chat_timetable(query: bytes) -> ChatTimetable:
    """Read ``tokens``, ``first``, ``interval`` (both in seconds) and ``top_logprobs``; raises HttpError 400."""
    first_ns, interval_ns = read_times(query)
    return ChatTimetable(int(read(query, TOKENS)), first_ns, interval_ns, int(read(query, ALTERNATIVES)))


@lru_cache(maxsize=1024)
def _token(word: int, alternatives: int) -> bytes:
    """Return an event's bytes after its times: a word, and what else might have stood there."""
    text = f" {WORDS[word]}"
    if not alternatives:
        return _chunk({"content": text})
    others = [_probability(f" {WORDS[(word + rank) % len(WORDS)]}", rank) for rank in range(alternatives)]
    return _chunk({"content": text}, logprobs={"content": [{**_probability(text, 0), "top_logprobs": others}]})


def _probability(text: str, rank: int) -> dict[str, object]:
    return {"token": text, "logprob": -0.25 - rank * 0.5, "bytes": list(text.encode())}


def _chunk(delta: dict[str, str], *, logprobs: object = None, finish_reason: str | None = None) -> bytes:
    """Return a chunk without the brace that begins it."""
    choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
    content = {
        "id": "chatcmpl-upstream",
        "object": "chat.completion.chunk",
        "created": CREATED_S,
        "model": UPSTREAM_MODEL,
        "choices": [choice],
    }
    return standard(content)[1:] + b"\n\n"
