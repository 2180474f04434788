"""Text on a console."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from stackduel.report.terminal.page import Page, is_animated, message, standard_output
from stackduel.report.terminal.waiting import waiting

LONG = "a sentence of more than forty characters, to be broken"


def console(**how: object) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=40, **how), file  # type: ignore[arg-type]


def terminal(monkeypatch: pytest.MonkeyPatch, **environ: str) -> Console:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "FORCE_COLOR": "1", **environ}.items():
        monkeypatch.setenv(name, value)
    return standard_output()


def test_a_message_is_one_line_in_a_file_and_fits_a_terminal() -> None:
    """A reader who searches a log finds it whole."""
    made, file = console()
    message(made, LONG)
    assert file.getvalue() == f"{LONG}\n"
    made, file = console(force_terminal=True, color_system=None)
    message(made, LONG)
    assert file.getvalue() == "a sentence of more than forty\n  characters, to be broken\n"


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": "unknown"}])
def test_the_environment_can_ask_for_plain_text(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour, no bold, nothing that is drawn again."""
    made = terminal(monkeypatch, **environ)
    with made.capture() as captured:
        Page(made).heading("heading")
    assert captured.get() == "heading\n"
    assert not is_animated(made)


def test_a_terminal_that_can_is_styled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As otherwise the test above would prove nothing."""
    made = terminal(monkeypatch)
    with made.capture() as captured:
        Page(made).paragraph("heading", style="bold", styled=(0, 4))
    assert captured.get() == "\x1b[1mhead\x1b[0ming\n"
    assert is_animated(made)


def test_a_table_says_which_columns_it_has_no_room_for() -> None:
    """And returns those that it shows."""
    made, file = console(color_system=None)
    shown = Page(made).table(("a" * 30, "b" * 30), [("1", "2")], least_needed=("b" * 30,), elsewhere="see x")
    assert shown == ("a" * 30,)
    assert file.getvalue().splitlines() == [
        "a" * 30,
        "─" * 30,
        f"{'1':>30}",
        "(too narrow for",
        f" {'b' * 30}: see x)",
    ]


def test_a_wait_is_shown_on_a_terminal_only() -> None:
    """In a log the line that comes of it is enough."""
    made, file = console()
    with waiting(made, "for nothing"):
        pass
    assert file.getvalue() == ""
