"""The name that a user probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: ``; did you mean NAME?``, or nothing if none is close."""
    known = tuple(known)
    by_fold = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), by_fold, n=1)
    if close:
        return f"; did you mean {by_fold[close[0]]}?"
    # The first words of a long name are what people remember of it.
    begun = [each for each in known if name and each.casefold().startswith(name.casefold())]
    return f"; did you mean {' or '.join(sorted(begun)[:3])}?" if begun else ""
