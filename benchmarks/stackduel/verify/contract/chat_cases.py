"""The requests for a chat completion that the gateway refuses before the first token, and their errors."""

from __future__ import annotations

import json
from typing import Any

from stackduel.verify.contract.case import Case, error_body

PATH = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Say something long."}]

NO_OBJECT = error_body("body must be a JSON object")
UNKNOWN_MODEL = error_body("model must be one of chat")
NO_MESSAGES = error_body("messages must be a list of 1 to 1000 objects, each with the texts role and content")
NO_STREAM = error_body("stream must be true")
TOKENS_BOUNDS = error_body("max_tokens must be an integer from 1 to 10000")
ALTERNATIVES_BOUNDS = error_body("top_logprobs must be an integer from 0 to 20")
NO_OPTIONS = error_body("stream_options must be an object in which include_usage is true or false")
FIRST_BOUNDS = error_body("first must be a number from 0 to 10 with at most 9 decimals")
INTERVAL_BOUNDS = error_body("interval must be a number from 0 to 10 with at most 9 decimals")
OTHER_TYPE = error_body("Content-Type must be application/json")

BAD_MESSAGES: tuple[Any, ...] = (
    *(None, "hello", [], {}, [1], [{}], [{"role": "user"}], [{"content": "x"}], [{"role": 1, "content": "x"}]),
    [*MESSAGES, {"role": "user", "content": None}],
    MESSAGES * 1001,
)


def chat_body(**changed: Any) -> bytes:
    """Return the body of a good request, with these fields changed."""
    return json.dumps({"model": "chat", "messages": MESSAGES, "stream": True, **changed}).encode()


def _refused(
    name: str, expected: bytes, body: bytes, *, status: int = 400, query: str = "", media_type: str = "application/json"
) -> Case:
    headers = (("Content-Type", media_type), ("Content-Length", str(len(body))))
    return Case(f"chat: {name}", PATH + query, expected, status, "POST", headers, body)


BAD_CHATS = (
    *(
        _refused(f"a body that is {name}", NO_OBJECT, body)
        for name, body in {
            "empty": b"", "no JSON": b"{model: chat}", "half of it": chat_body()[:-1], "a list": b"[]", "null": b"null",
            "a number": b"1", "a text": b'"chat"', "no UTF-8": b'{"model":"\xff"}', "nested": b"[" * 100_000,
            "a huge number": b'{"model":' + b"9" * 5_000 + b"}",
        }.items()
    ),
    *(
        _refused(f"the model {model!r}", UNKNOWN_MODEL, chat_body(model=model), status=404)
        for model in ("gpt", "", "CHAT", "upstream/chat-1", None, 1, ["chat"], {"chat": 1})
    ),
    *(
        _refused(f"the messages {messages!r:.60}", NO_MESSAGES, chat_body(messages=messages))
        for messages in BAD_MESSAGES
    ),
    *(_refused(f"stream: {value!r}", NO_STREAM, chat_body(stream=value)) for value in (False, None, 1, "true")),
    *(
        _refused(f"max_tokens: {value!r}", TOKENS_BOUNDS, chat_body(max_tokens=value))
        for value in (0, -1, 10_001, 1.0, True, "16", None)
    ),
    *(
        _refused(f"top_logprobs: {value!r}", ALTERNATIVES_BOUNDS, chat_body(top_logprobs=value))
        for value in (-1, 21, True, "1")
    ),
    *(
        _refused(f"stream_options: {value!r}", NO_OPTIONS, chat_body(stream_options=value))
        for value in (1, "x", [1], {"include_usage": 1}, {"include_usage": None})
    ),
    _refused("first: above its bound", FIRST_BOUNDS, chat_body(), query="?first=10.1"),
    _refused("interval: no number", INTERVAL_BOUNDS, chat_body(), query="?interval=x"),
    _refused("a form", OTHER_TYPE, b"model=chat", status=415, media_type="application/x-www-form-urlencoded"),
    _refused("a text", OTHER_TYPE, chat_body(), status=415, media_type="text/plain; charset=utf-8"),
)  # fmt: skip
