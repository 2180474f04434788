"""Event streams as answers of stacks: their events are compared, not their bytes."""

from __future__ import annotations

import pytest

from stackduel.model.suite import Check, Workload
from stackduel.storage.redaction import NO_SECRETS
from stackduel.verify.difference_sentences import Wording
from stackduel.verify.reply import Reply
from stackduel.verify.streams import stream_difference, why_no_stream
from tests.stackduel.load.streams.made_streams import event
from tests.stackduel.load.streams.model_streams import DONE, chunk, llama_cpp, openai, vllm

WORDING = Wording(NO_SECRETS)
ONE = event(0, 5, 7) + event(1, 10, 12)


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ((("content-type", "Text/Event-Stream; charset=utf-8"),), ONE, None),
        ((("content-type", "application/json"),), ONE, "answered application/json instead of text/event-stream"),
        ((), ONE, "answered without a Content-Type instead of text/event-stream"),
        (
            (("content-type", "text/event-stream"),),
            b": ping\n\n",
            "answered a stream without any event: ': ping\\n\\n'",
        ),
        (
            (("content-type", "text/event-stream"), ("content-encoding", "gzip")),
            ONE,
            "answered with a compressed stream, whose events would not be seen as they come",
        ),
    ],
)
def test_a_stream_is_one_by_its_head_and_its_events(
    headers: tuple[tuple[str, str], ...], body: bytes, told: str | None
) -> None:
    """An answer that is none is refused before anything is measured."""
    assert why_no_stream(Workload("/", stream="sse"), Reply(200, headers, body), WORDING) == told


@pytest.mark.parametrize(
    ("check", "mine", "told"),
    [
        ("body", ONE.replace(b"\n", b"\r\n").replace(b'"made_ns":7', b'"made_ns":9'), None),
        ("body", b": ping\n\n" + ONE, None),
        ("body", event(0, 5) + event(2, 10), "event 2: id '2' where one answered '1'"),
        ("body", event(0, 5) + b"event: error\n" + event(1, 10), "event 2: type 'error' where one answered none"),
        ("body", event(0, 5) + event(1, 11), "event 2: '"),
        ("body", event(0, 5), "1 events where one answered 2"),
        ("length", b"data: a\n\ndata: b\n\n", None),
        ("length", b"data: a\n\n", "1 events where one answered 2"),
        ("status", b"data: a\n\n", None),
    ],
)
def test_events_are_compared_as_far_as_the_suite_says(check: Check, mine: bytes, told: str | None) -> None:
    """Ends of lines, comments and the moments at which events were made differ between stacks; the rest must not."""
    found = stream_difference(Workload("/", check=check, stream="sse"), mine, ONE, "one", WORDING)
    assert found == told if told is None else found is not None and found.startswith(told)


CHAT = (("content-type", "text/event-stream"),)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (openai(), None),
        (
            openai().replace(b'"stop"', b"null").removesuffix(DONE),
            "answered a stream that ended after 3 tokens w",
        ),
        (
            chunk({"content": "a"}) + b'data: {"error":1}\n\n',
            "answered a stream that ended after 1 tokens with",
        ),
        (DONE, "answered a stream without any token"),
    ],
)
def test_a_model_must_come_to_its_end(body: bytes, told: str | None) -> None:
    """Tokens, and an end that is none by an error."""
    found = why_no_stream(Workload("/", stream="openai"), Reply(200, CHAT, body), WORDING)
    assert found == told if told is None else found is not None and found.startswith(told)


def test_tokens_are_compared_by_their_texts() -> None:
    """Two servers agree where their texts do, whatever else stands in their chunks."""
    workload = Workload("/", check="body", stream="openai")
    assert stream_difference(workload, vllm(), llama_cpp(), "one", WORDING) is None
    assert stream_difference(workload, vllm(2), llama_cpp(), "one", WORDING)
