"""The request of a client to the gateway, read from query and body, and that of the gateway to its upstream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from stackduel_servers.core.chat.chat_timetable import MOST_ALTERNATIVES, MOST_TOKENS, UPSTREAM_MODEL, ChatTimetable
from stackduel_servers.core.errors import HttpError, bad_request
from stackduel_servers.core.streams.timetable import read_times

# By the name that clients know, the name that the upstream knows.
MODELS = {"chat": UPSTREAM_MODEL}
MOST_MESSAGES = 1000
DEFAULT_TOKENS = 16
JSON = "application/json"

ChatBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request for a stream of tokens.

    ``timetable`` is what the upstream is asked to keep, ``body`` what it is sent. There is no tokenizer here: the
    ``prompt_tokens`` are the words of the messages. ``wants_usage`` is whether the client asked to be told the tokens.
    """

    model: str
    timetable: ChatTimetable
    body: bytes
    prompt_tokens: int
    wants_usage: bool


def read_chat(query: bytes, content_type: str | None, body: bytes) -> ChatRequest:
    """Read a request of the gateway; raises HttpError 400, 404 and 415."""
    first_ns, interval_ns = read_times(query)
    if content_type is not None and content_type.partition(";")[0].strip().lower() != JSON:
        raise HttpError(415, f"Content-Type must be {JSON}")
    asked = _object(body)
    model = asked.get("model")
    if not isinstance(model, str) or model not in MODELS:
        raise HttpError(404, f"model must be one of {', '.join(MODELS)}")
    prompt_tokens = sum(len(text.split()) for text in _texts(asked.get("messages")))
    if asked.get("stream") is not True:
        raise bad_request("stream must be true")
    timetable = ChatTimetable(
        tokens=_integer(asked, "max_tokens", 1, MOST_TOKENS, DEFAULT_TOKENS),
        first_ns=first_ns,
        interval_ns=interval_ns,
        alternatives=_integer(asked, "top_logprobs", 0, MOST_ALTERNATIVES, 0),
    )
    # A gateway counts by itself, whatever its upstream would say. ASCII, as a text may hold half a character.
    sent = {**asked, "model": MODELS[model]}
    return ChatRequest(model, timetable, json.dumps(sent).encode(), prompt_tokens, _wants_usage(asked))


def _object(body: bytes) -> ChatBody:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise bad_request("body must be a JSON object")
    return asked


def _texts(messages: object) -> list[str]:
    """Return the texts of the messages."""
    if isinstance(messages, list) and 1 <= len(messages) <= MOST_MESSAGES:
        pairs = [(each.get("role"), each.get("content")) for each in messages if isinstance(each, dict)]
        texts = [content for role, content in pairs if isinstance(role, str) and isinstance(content, str)]
        if len(texts) == len(messages):
            return texts
    raise bad_request(f"messages must be a list of 1 to {MOST_MESSAGES} objects, each with the texts role and content")


def _integer(asked: ChatBody, name: str, low: int, high: int, default: int) -> int:
    value = asked.get(name, default)
    # True is an int, too.
    if type(value) is not int or not low <= value <= high:
        raise bad_request(f"{name} must be an integer from {low} to {high}")
    return value


def _wants_usage(asked: ChatBody) -> bool:
    options = asked.get("stream_options") or {}
    wanted = options.get("include_usage", False) if isinstance(options, dict) else None
    if not isinstance(wanted, bool):
        raise bad_request("stream_options must be an object in which include_usage is true or false")
    return wanted
