"""The limit other than the server that ended a search, as a sentence."""

from __future__ import annotations


def limit_sentence(limit: str) -> str:
    """Return the limit as a sentence with a space before it; empty for none."""
    return f" {limit[:1].upper()}{limit[1:].rstrip('.')}." if limit else ""
