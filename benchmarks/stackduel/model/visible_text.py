"""Text from outside without what no reader sees: a terminal obeys some of it, and some turns the words around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Whole sequences that a terminal obeys, so that their letters do not stay behind: ECMA-48, 5.4 and 5.6.
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)")
# What ends a line or parts words, beside tab, line feed and carriage return.
_BREAK = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# All other control characters; what turns the direction of words (Unicode UAX 9, 2; the attack is CVE-2021-42574); and
# letters of no shape (tags), in which words can be hidden.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def visible(text: str) -> str:
    """Return a text without escape sequences and unseen characters; tabs and line breaks stay, odd ones are spaces."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", _BREAK.sub(" ", _SEQUENCE.sub("", text)))


def visible_values(value: Any) -> Any:
    """Return a value of JSON whose texts are visible; keys too, as scripts show them."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible_values(key): visible_values(each) for key, each in value.items()}
    return [visible_values(each) for each in value] if isinstance(value, list | tuple) else value
