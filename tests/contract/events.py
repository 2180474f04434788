"""Streams as a client reads them: an own parser of Server-Sent Events, over the standard library's HTTP client."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\n|\r")
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as the standard's parser would hand it to a listener."""

    kind: str
    id: str
    data: str

    def times_ns(self) -> tuple[int, int]:
        """When it was due, and when it was made, after the stream's zero."""
        content = json.loads(self.data)
        return content["due_ns"], content["made_ns"]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream's head and all that followed, with the moments around it in nanoseconds of the clock."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked_ns: int
    head_ns: int
    whole: bool

    def events(self) -> list[Event]:
        """The events of the body."""
        return parse(self.body.decode())

    def comments(self) -> int:
        """How many lines of the body are comments."""
        return sum(line.startswith(":") for line in LINE_END.split(self.body.decode()))


def parse(text: str) -> list[Event]:
    """The events of a stream, by the rules of https://html.spec.whatwg.org/multipage/server-sent-events.html."""
    events: list[Event] = []
    data: list[str] = []
    last_id = kind = ""
    *lines, _unfinished = LINE_END.split(text.removeprefix("\ufeff"))
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append(Event(kind or "message", last_id, "\n".join(data)))
            kind, data = "", []
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            last_id = value
    return events


def stream(
    port: int, target: str, method: str = "GET", *, parts: int | None = None, json_body: bytes | None = None
) -> Streamed:
    """The answer to one request, to its end, or until ``parts`` events have come: then the client leaves."""
    headers = {"Accept-Encoding": "gzip, br"} | ({} if json_body is None else {"Content-Type": "application/json"})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        asked_ns = time.perf_counter_ns()
        connection.request(method, target, json_body, headers)
        answer = connection.getresponse()
        head_ns = time.perf_counter_ns()
        body, whole = b"", True
        try:
            while (parts is None or len(parse(body.decode())) < parts) and (data := answer.read1(65_536)):
                body += data
        except http.client.IncompleteRead as error:
            body, whole = body + error.partial, False
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Streamed(answer.status, fields, body, asked_ns, head_ns, whole)
    finally:
        connection.close()
