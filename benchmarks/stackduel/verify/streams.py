"""Event streams as answers: whether one is a stream at all, and whether two have the same events."""

from __future__ import annotations

from stackduel.load.streams.event_parser import Event
from stackduel.load.streams.expected_stream import same_but_made
from stackduel.load.streams.stream_parsers import events_of, parser_of
from stackduel.model.suite import Workload
from stackduel.verify.difference_sentences import Wording
from stackduel.verify.reply import Reply

MEDIA_TYPE = "text/event-stream"
MORE_LENIENT = 'check = "length" compares their number'
LESS = 'check = "status" compares less'


def why_no_stream(workload: Workload, reply: Reply, wording: Wording) -> str | None:
    """Return why an answer with the right status is no whole stream of its format; None if it is one."""
    parser = parser_of(workload.stream)
    if workload.is_websocket:
        return None if parser.feed(reply.body) else "closed without any message"
    given = reply.media_type
    if given.partition(";")[0].strip().lower() != MEDIA_TYPE:
        return f"answered {wording.header(given) or 'without a Content-Type'} instead of {MEDIA_TYPE}"
    if reply.encoding:
        return "answered with a compressed stream, whose events would not be seen as they come"
    events = parser.feed(reply.body)
    if parser.missing_end:
        return f"answered a stream that ended after {len(events):,} tokens {wording.header(parser.missing_end)}"
    if not events:
        missing = "token" if workload.stream == "openai" else "event"
        return f"answered a stream without any {missing}: {wording.beginning(reply.body)}"
    return None


def stream_difference(workload: Workload, mine: bytes, theirs: bytes, other: str, wording: Wording) -> str | None:
    """Return how the events of a stream differ from those of another stack; None if they do not."""
    if workload.check == "status":
        return None
    found, right = (events_of(body, workload.stream) for body in (mine, theirs))
    if workload.check == "body":
        for number, (event, expected) in enumerate(zip(found, right, strict=False), 1):
            if told := _difference(event, expected, other, wording):
                return f"event {number:,}: {told} ({MORE_LENIENT})"
    if len(found) != len(right):
        return f"{len(found):,} events where {other} answered {len(right):,} ({LESS})"
    return None


def _difference(event: Event, expected: Event, other: str, wording: Wording) -> str | None:
    if event.id != expected.id:
        return f"id {_shown(event.id)} where {other} answered {_shown(expected.id)}"
    if event.name != expected.name:
        return f"type {_shown(event.name)} where {other} answered {_shown(expected.name)}"
    if same_but_made(event.data, expected.data):
        return None
    return wording.in_bytes(event.data, expected.data, other)


def _shown(value: bytes | None) -> str:
    return "none" if value is None else repr(value[:40].decode(errors="replace"))
