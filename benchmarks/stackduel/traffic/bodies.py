"""The bodies of recorded requests, with other values in place of what is secret or about a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from stackduel.traffic.privacy import DROPPED, Keep, must_go, scrubbed

FORM = "application/x-www-form-urlencoded"
# Deeper values are taken for texts.
MOST_DEPTH = 50


def cleaned_body(body: str, content_type: str, keep: Keep) -> tuple[str, tuple[str, ...]]:
    """Return a body as it may be kept, and the names of its fields whose values were replaced.

    In JSON and in forms a field keeps its place and its kind; in other texts what looks like a secret is replaced.
    """
    kind = content_type.partition(";")[0].strip().lower()
    replaced: list[str] = []
    if kind == FORM:
        return _cleaned_form(body, keep, replaced), tuple(replaced)
    if kind.endswith(("json", "+json")):
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return _cleaned_text(body, keep)
        cleaned = _cleaned_value("", value, keep, replaced, MOST_DEPTH)
        return (json.dumps(cleaned, ensure_ascii=False) if replaced else body), tuple(replaced)
    return _cleaned_text(body, keep)


def _cleaned_text(body: str, keep: Keep) -> tuple[str, tuple[str, ...]]:
    cleaned = scrubbed(body, keep)
    return cleaned, () if cleaned == body else ("a part of a body",)


def _cleaned_form(body: str, keep: Keep, replaced: list[str]) -> str:
    fields = parse_qsl(body, keep_blank_values=True, encoding="utf-8", errors="replace")
    kept = []
    for name, value in fields:
        goes = must_go(name, value, keep)
        replaced += [name] if goes else []
        kept.append((name, DROPPED if goes else value))
    return urlencode(kept) if replaced else body


def _cleaned_value(name: str, value: Any, keep: Keep, replaced: list[str], depth: int) -> Any:
    """Return a value of JSON, with another one of its kind where it must go."""
    if isinstance(value, Mapping) and depth:
        return {key: _cleaned_value(key, each, keep, replaced, depth - 1) for key, each in value.items()}
    if isinstance(value, list) and depth:
        return [_cleaned_value(name, each, keep, replaced, depth - 1) for each in value]
    if value is None or isinstance(value, bool) or not must_go(name, str(value), keep):
        return value
    replaced.append(name or "a value")
    return DROPPED if isinstance(value, str) else type(value)()
