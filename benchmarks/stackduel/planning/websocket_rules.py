"""The rules for requests and loads on a WebSocket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackduel.model.errors import FieldError
from stackduel.model.suite import Load, MessageKind, StreamFormat, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.stream_rules import CHECKS, refuse_parts_of_answers

SWITCHED = 101
KINDS: tuple[MessageKind, ...] = ("text", "binary")
# As the null server echoes them, too, in one read.
MOST_BYTES = 1024 * 1024


def parse_websocket(fields: Fields, stream: StreamFormat | None, body: bytes) -> MessageKind | None:
    """Take the kind of a message out of ``fields``, None where none is sent; raises FieldError for what it excludes."""
    kind = fields.choice("websocket", KINDS, default=None)
    if kind is None and stream != "websocket":
        return None
    if fields.given("status"):
        raise FieldError(f"{fields.where}: status: a WebSocket has none but {SWITCHED}")
    if fields.given("method"):
        raise FieldError(f"{fields.where}: method: a WebSocket has none")
    if fields.given("check") and fields.choice("check", ("content", *CHECKS)) not in CHECKS:
        raise FieldError(f"{fields.where}: check: of messages one of {', '.join(CHECKS)}")
    if stream is not None and (kind is not None or body):
        raise FieldError(f"{fields.where}: stream: of a WebSocket only comes, so nothing is sent on it")
    if len(body) > MOST_BYTES:
        raise FieldError(f"{fields.where}: body: a message has at most {MOST_BYTES} bytes")
    if kind == "text":
        _refuse_no_text(fields.where, body)
    return kind


def check_websockets(where: str, workloads: Sequence[Workload], loads: Iterable[Load]) -> None:
    """Raise FieldError if messages of one load could not share a WebSocket, or ask for what no message has."""
    messages = [workload for workload in workloads if workload.websocket is not None]
    if not messages:
        return
    if len({(each.target, each.headers) for each in workloads}) > 1 or len(messages) < len(workloads):
        raise FieldError(f"{where}: websocket: the messages of a load have one path and the same headers")
    refuse_parts_of_answers(where, loads, "websocket, whose messages have none")


def _refuse_no_text(where: str, body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise FieldError(f'{where}: body: is no UTF-8, which needs websocket = "binary"') from error
