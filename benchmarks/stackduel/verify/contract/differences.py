"""The differences between an answer and the one that its case expects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256

from stackduel.inference.answer_formats import NumbersError, read, split
from stackduel.inference.output_comparison import differences as differences_of
from stackduel.verify.contract.case import Anything, Case, Digest, Expected, ExpectedNumbers, Keys

PROCESS_TIME = re.compile(r"[0-9]+\.[0-9]{3}")


SERVER_TIMING = re.compile(r"app;dur=[0-9]+\.[0-9]{3}(, [a-z]+;dur=[0-9]+\.[0-9]{3})*")


def differences(case: Case, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> list[str]:
    """Return a sentence for each difference between an answer and its case; empty if there is none."""
    if case.refusable and status != case.status and 400 <= status < 500:
        return []
    fields = {name.lower(): value for name, value in headers}
    found = []
    if status != case.status:
        found.append(f"status is {status}, not {case.status}")
    for name, value in (("content-type", case.content_type), ("allow", case.allow), ("location", None)):
        if fields.get(name) != value:
            found.append(f"{name} is {fields.get(name)!r}, not {value!r}")
    for name, form in (("x-process-time", PROCESS_TIME), ("server-timing", SERVER_TIMING)):
        if not form.fullmatch(fields.get(name, "")):
            found.append(f"{name} is {fields.get(name)!r}")
    if case.method == "HEAD":
        found += _head_differences(case.expected, fields.get("content-length"), body)
    else:
        found += _body_differences(case.expected, body, fields.get("x-tensors"))
    return found


def _head_differences(expected: Expected, content_length: str | None, body: bytes) -> list[str]:
    found = [f"a HEAD is answered with a body of {len(body)} bytes"] if body else []
    length = len(expected) if isinstance(expected, bytes) else None
    if length is not None and content_length != str(length):
        found.append(f"content-length is {content_length}, not {length}")
    return found


def _body_differences(expected: Expected, body: bytes, tensors: str | None) -> list[str]:
    match expected:
        case bytes():
            return [] if body == expected else [f"body is {_shown(body)}, not {_shown(expected)}"]
        case Digest(length, digest):
            same = len(body) == length and sha256(body).hexdigest() == digest
            return [] if same else [f"body is {_shown(body)}, not the one of {length} bytes"]
        case Keys(names):
            return _key_differences(names, body)
        case ExpectedNumbers():
            return _number_differences(expected, body, tensors)
        case Anything():
            return []


def _number_differences(expected: ExpectedNumbers, body: bytes, tensors: str | None) -> list[str]:
    try:
        outputs = split(read(body, "float32"), tensors) if expected.raw else read(body, "json")
    except NumbersError as error:
        return [f"body is {_shown(body)}: {error}"]
    wrong = [] if expected.raw else _key_differences(("model", "outputs"), body) or _model_difference(expected, body)
    return wrong + differences_of(outputs, expected.outputs)


def _model_difference(expected: ExpectedNumbers, body: bytes) -> list[str]:
    model = json.loads(body)["model"]
    return [] if model == expected.model else [f"model is {model}, not {expected.model}"]


def _key_differences(names: tuple[str, ...], body: bytes) -> list[str]:
    try:
        keys = tuple(json.loads(body))
    except (ValueError, TypeError):
        return [f"body is {_shown(body)}, not a JSON object"]
    return [] if keys == names else [f"keys are {', '.join(keys)}, not {', '.join(names)}"]


def _shown(body: bytes) -> str:
    return repr(body) if len(body) <= 200 else f"{body[:100]!r}... ({len(body)} bytes)"
