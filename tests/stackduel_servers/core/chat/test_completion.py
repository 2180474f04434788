"""A gateway's stream, made of its upstream's."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.verify.contract.chat_cases import chat_body
from stackduel_servers.core.chat.chat_request import JSON, read_chat
from stackduel_servers.core.chat.chat_timetable import ChatTimetable
from stackduel_servers.core.chat.completion import LONGEST_CHUNK_BYTES, Completion
from stackduel_servers.core.errors import HttpError

BODY = chat_body(max_tokens=3, stream_options={"include_usage": True}, temperature=0.5)
ASKED = read_chat(b"first=0.5&interval=0.25", JSON, BODY)
SENT = b"".join(ASKED.timetable.encoded(number, 5) for number in range(ASKED.timetable.events))


def test_the_upstream_is_asked_under_its_own_name() -> None:
    """All that the client asked goes on, with the upstream's name of the model, and the timetable in the query."""
    asked = Completion(ASKED).request(3.0)
    assert json.loads(asked.body or b"") == {**json.loads(BODY), "model": "upstream/chat-1"}
    assert (asked.method, asked.patience_s, asked.headers) == ("POST", 3.5, {"Content-Type": "application/json"})
    assert asked.target == ("/v1/chat/completions?tokens=3&first=0.500000000&interval=0.250000000&top_logprobs=0")
    assert ASKED.timetable == ChatTimetable(3, 500_000_000, 250_000_000, 0)


@given(st.sets(st.integers(0, len(SENT))))
def test_chunks_are_changed_however_they_arrive(cuts: set[int]) -> None:
    """Cut anywhere, the same events come out: each chunk once, then the count of the tokens, and [DONE]."""
    completion, found = Completion(ASKED), []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(SENT)], strict=True):
        found += completion.feed(SENT[start:end])
    completion.end()
    *chunks, done = found
    assert done == b"data: [DONE]\n\n"
    contents = [json.loads(chunk.removeprefix(b"data: ")) for chunk in chunks]
    assert len(contents) == ASKED.timetable.events + 1
    assert {content["model"] for content in contents} == {"chat"}
    assert contents[-1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}


@pytest.mark.parametrize(
    "sent",
    [b"data: {\n\n", b"data: []\n\n", b"data: {}\n\n", b'data: {"choices":[1]}\n\n', b"x" * (LONGEST_CHUNK_BYTES + 1)],
)
def test_what_is_no_chunk_is_the_upstreams_failure(sent: bytes) -> None:
    """No JSON, another JSON, and bytes without an end are refused."""
    with pytest.raises(HttpError, match="downstream sent no valid answer"):
        Completion(ASKED).feed(sent)


def test_a_stream_without_done_ended_early() -> None:
    """The reason of the end alone is not the end."""
    completion = Completion(ASKED)
    completion.feed(SENT.removesuffix(b"data: [DONE]\n\n"))
    with pytest.raises(HttpError, match="ended its stream early"):
        completion.end()
