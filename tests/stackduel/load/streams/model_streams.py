"""Streams of servers of models, in the form of OpenAI's API, each with its own habits."""

from __future__ import annotations

import json
from typing import Any

WORDS = (" one", " two", " three")
DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **fields: Any) -> bytes:
    """An event with a chunk that has one choice, or none."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps({"object": "chat.completion.chunk", "choices": choices, **fields}).encode() + b"\n\n"


def usage(tokens: int) -> dict[str, Any]:
    """The usage of a completion."""
    return {"usage": {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}}


def openai() -> bytes:
    """OpenAI's own: null usage in all chunks but an own one, obfuscation, an empty text beside the role."""
    extra = {"usage": None, "service_tier": "default", "obfuscation": "x7Q"}
    texts = b"".join(chunk({"content": word}, **extra) for word in WORDS)
    begin = chunk({"role": "assistant", "content": "", "refusal": None}, **extra)
    return begin + texts + chunk({}, "stop", **extra) + chunk(None, **usage(3)) + DONE


def vllm(tokens_in_chunk: int = 1) -> bytes:
    """vLLM's: the usage so far in every chunk, an empty text at the end, and maybe several tokens in a chunk."""
    words = [word * tokens_in_chunk for word in WORDS]
    texts = b"".join(
        chunk({"content": word}, **usage(tokens_in_chunk * number)) for number, word in enumerate(words, 1)
    )
    total = tokens_in_chunk * len(WORDS)
    begin = chunk({"role": "assistant", "content": ""}, **usage(0))
    return begin + texts + chunk({"content": ""}, "length", **usage(total)) + chunk(None, **usage(total)) + DONE


def llama_cpp() -> bytes:
    """llama.cpp's: comments in between, a null text beside the role, timings, and no empty line after [DONE]."""
    texts = b": ping\n\n".join(chunk({"content": word}) for word in WORDS)
    end = chunk({}, "stop", timings={"predicted_n": 3}, **usage(3))
    return chunk({"role": "assistant", "content": None}) + texts + end + DONE.removesuffix(b"\n")


def older_completions() -> bytes:
    """Completions before there was a chat: the text stands in the choice."""
    choices = [[{"index": 0, "text": word, "finish_reason": None}] for word in WORDS]
    choices.append([{"index": 0, "text": "", "finish_reason": "length"}])
    texts = [b"data: " + json.dumps({"object": "text_completion", "choices": each}).encode() for each in choices]
    return b"\r\n\r\n".join([*texts, b"data: [DONE]", b""])
