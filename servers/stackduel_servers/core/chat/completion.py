"""The completion that a gateway makes of its upstream's stream: each chunk is read, changed and written again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from stackduel_servers.core import downstream
from stackduel_servers.core.chat.chat_request import JSON, ChatRequest
from stackduel_servers.core.chat.chat_timetable import DONE
from stackduel_servers.core.json_encoder import decoder, encoder
from stackduel_servers.core.streams import relay
from stackduel_servers.core.streams.relay import Frames, UpstreamRequest
from stackduel_servers.core.streams.stream import HeadFields
from stackduel_servers.core.target import CHAT

# A token with twenty alternatives has under two kilobytes.
LONGEST_CHUNK_BYTES = 64 * 1024
FULL = (429, 503)

_PREFIX, _END = b"data: ", b"\n\n"


class Completion:
    """One stream on its way through the gateway.

    Clients see the gateway's own id and its name of the model. The gateway counts the tokens, as it would to bill them,
    and says how many they were before the end, if it was asked to.
    """

    def __init__(self, asked: ChatRequest) -> None:
        self._asked = asked
        self._id = f"chatcmpl-{uuid4().hex}"
        self._frames = Frames(LONGEST_CHUNK_BYTES)
        self._encode, self._decode = encoder(), decoder()
        self._tokens = 0
        self._created = 0
        self._is_done = False

    @property
    def events(self) -> int:
        """How many chunks have come so far."""
        return self._frames.count

    def request(self, allowance_s: float) -> UpstreamRequest:
        """Return what the upstream is asked."""
        timetable = self._asked.timetable
        patience_s = relay.patience_s(timetable.first_ns, timetable.interval_ns, allowance_s)
        target = f"{CHAT}?{timetable.query()}"
        return UpstreamRequest("POST", target, patience_s, self._asked.body, {"Content-Type": JSON})

    def fields(self, status: int, headers: Mapping[str, str]) -> HeadFields:
        """Return the fields of the head; raises HttpError 502, and 503 where the upstream has no room."""
        if status in FULL:
            raise downstream.full()
        return relay.fields_of(status, headers)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the events that are to be sent now; raises HttpError 502."""
        return [event for frame in self._frames.feed(data) for event in self._passed_on(frame)]

    def end(self) -> None:
        """Raise HttpError 502 if the upstream's stream has ended before it was done."""
        if not self._is_done:
            raise relay.ended_early()

    def _passed_on(self, frame: bytes) -> tuple[bytes, ...]:
        if frame == DONE:
            self._is_done = True
            return (self._written(self._usage()), DONE) if self._asked.wants_usage else (DONE,)
        try:
            chunk = self._decode(frame.removeprefix(_PREFIX))
            self._tokens += sum(1 for choice in chunk["choices"] if choice["delta"].get("content"))
            self._created = chunk["created"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise downstream.garbled() from error
        chunk["id"], chunk["model"] = self._id, self._asked.model
        return (self._written(chunk),)

    def _usage(self) -> dict[str, Any]:
        """Return the chunk that says how many tokens there were."""
        prompt, completion = self._asked.prompt_tokens, self._tokens
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._asked.model,
            "choices": [],
            "usage": usage,
        }

    def _written(self, chunk: Mapping[str, Any]) -> bytes:
        return _PREFIX + self._encode(chunk) + _END
