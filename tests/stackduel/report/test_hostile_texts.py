"""Whatever a stack, its answers, its logs and a stranger's run.json say, no report passes on what no reader sees."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from stackduel.analysis.history.two_runs import between
from stackduel.model.run import Run
from stackduel.report import junit, trials_csv
from stackduel.report.html import page
from stackduel.report.live.board import Board
from stackduel.report.markdown import changes, document
from stackduel.report.terminal import history, run_report
from stackduel.storage.run_document import run_from_dict, run_to_dict
from stackduel.storage.vocabulary import vocabulary
from tests.stackduel.report.html.runs import SEARCHES, compared

SEEN = "hostile"
HOSTILE = f"\x1b]0;x\x07\x1b[2J\u202e{SEEN}\u2066\x9b\u2028\U000e0041\x00"
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0041]")
# Times and encoded bytes are no words of anybody's.
KEPT = re.compile(r"started|id|body|(?:.*_)?histograms?|timestamp|.*_at")


def spoiled(value: Any, names: frozenset[str]) -> Any:
    """A document with hostile characters in every text that is no word of the format, and in the names of stacks."""
    if isinstance(value, dict):
        return {
            f"{key}{HOSTILE}" if key in names else key: each if KEPT.fullmatch(key) else spoiled(each, names)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [spoiled(each, names) for each in value]
    if isinstance(value, str) and (value in names or value.lower() not in vocabulary()):
        return f"{value}{HOSTILE}"
    return value


def hostile(made: Run) -> Run:
    return run_from_dict(spoiled(run_to_dict(made), frozenset(made.stacks)))


def on_terminal(show: Callable[[Console], None]) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None, force_terminal=False)
    show(console)
    shown = console.file
    assert isinstance(shown, io.StringIO)
    return shown.getvalue()


def live(made: Run) -> str:
    board = Board(made)
    board.do(f"measuring {HOSTILE}")
    for result in made.results:
        board.finished(result)
    board.update_now(0.5, 1.0)
    texts = board.texts
    return (texts.now + texts.trials).encode().decode("unicode_escape")


FORMS: dict[str, Callable[[Run], str]] = {
    "terminal": lambda made: on_terminal(lambda console: run_report.show(made, console)),
    "terminal, two runs": lambda made: on_terminal(lambda console: history.show_between(between(made, made), console)),
    "markdown": document.render,
    "markdown, two runs": lambda made: changes.render(between(made, made)),
    "csv": trials_csv.render,
    "junit": junit.render,
    "live page": live,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_shows_what_is_seen_and_nothing_else(form: str) -> None:
    """The words around hostile characters are there; no control, no turn of direction, no hidden letter is."""
    for made in (compared(), *(() if "two runs" in form else SEARCHES.values())):
        text = FORMS[form](hostile(made))
        assert not UNSEEN.search(text), text[(at := UNSEEN.search(text).start()) - 60 : at + 20]  # type: ignore[union-attr]
        assert SEEN in text


def test_the_page_shows_what_is_seen_and_nothing_else() -> None:
    """In its text and in its data; the charting library has signs of its own."""
    text = page.render(hostile(compared()))
    own = re.sub(r"<script(?! type)[^>]*>.*?</script>", "", text, flags=re.DOTALL)
    assert not UNSEEN.search(own)
    assert not re.search(r"\\u(?:00[01]|007f|008|009|202[89a-e]|206[6-9]|db40)", own)
    assert own.count(SEEN) > 100
