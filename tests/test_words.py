"""The words of the house: docstrings are nouns or say what is returned, and people are named by what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("benchmarks", "servers", "tests", "scripts")
RELATIVE_BEGINNING = re.compile(r'^ *r?"""(What|Who|Whoever)\b', re.MULTILINE)
INDEFINITE = re.compile(r"\bwhoever\b", re.IGNORECASE)


def texts() -> Iterator[Path]:
    """Yield every module, every page of the docs, and the pages at the root."""
    for folder in CODE:
        # This module names the words.
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if path != Path(__file__))
    yield from sorted((ROOT / "docs").glob("*.md"))
    yield from sorted(ROOT.glob("*.md"))


@pytest.mark.parametrize("wrong", [RELATIVE_BEGINNING, INDEFINITE], ids=["a docstring's beginning", "a word"])
def test_no_text_has_these_words(wrong: re.Pattern[str]) -> None:
    """A reader learns at once what a thing is, and who does something."""
    found = {path.relative_to(ROOT): wrong.search(path.read_text(encoding="utf-8")) for path in texts()}
    assert not {str(path): match.group() for path, match in found.items() if match}


def test_the_words_are_found() -> None:
    """The patterns see what they are for, and pass over a docstring that only holds such a word."""
    assert RELATIVE_BEGINNING.search('def made():\n    """What is made."""')
    assert not RELATIVE_BEGINNING.search('def made():\n    """Return what is made."""')
    assert INDEFINITE.search("Whoever asks.")
