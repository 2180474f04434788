"""The stacks file that ``stackduel init`` writes: checked before, written at once, and shown with what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from stackduel.application.found_application import ApplicationRequest
from stackduel.application.stacks_draft import DraftRequest, StacksDraft
from stackduel.application.stacks_text import StacksPlace, relative_to, stacks_text
from stackduel.model.counted import counted
from stackduel.report.terminal.init_summary import InitSummary, RouteRow, show_init
from stackduel.report.terminal.page import message
from stackduel.runner.draft_check import CheckedDraft, CheckLimits, check_draft
from stackduel.runner.exit_status import STACK_FAILED
from stackduel.runner.next_commands import next_commands
from stackduel.verify.first_answer import FirstAnswer

# Of what a route answers; the file has more of it.
MOST_SHOWN = 60


def write_checked(
    draft: StacksDraft, place: StacksPlace, limits: CheckLimits, asked: ApplicationRequest, out: Console, err: Console
) -> int:
    """Check the draft, write the file, show what it holds, and return the exit status.

    An application that does not start is written, too: its command is what the user mends. Raises FieldError, OSError.
    """
    command = draft.found.command
    message(err, f"Its command ({command.origin}): {' '.join(command.argv)}")
    checked = check_draft(draft, place, limits, err)
    commands = next_commands(draft.found, place, asked.interface)
    text = stacks_text(checked.draft, place, tuple(each.line for each in commands))
    _write(place.path, text)
    file = relative_to(place.path, place.root)
    if checked.problem:
        message(err, f"stackduel: {checked.problem}")
        message(err, f"Wrote {file}, which does not work yet: mend its command, or what it needs, and see with")
        message(err, f"  {commands[1].line}")
        return STACK_FAILED
    show_init(
        InitSummary(
            file,
            [_row(each, checked.answers.get(each.name)) for each in checked.draft.requests],
            [*_sentences(checked, file)],
            [(each.about, each.line) for each in commands] if checked.draft.asked else [],
        ),
        out,
    )
    return 0 if checked.draft.asked else STACK_FAILED


def _write(path: Path, text: str) -> None:
    """Write the file as a whole: what was there stays until the new one is complete."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _row(request: DraftRequest, answer: FirstAnswer | None) -> RouteRow:
    said = ""
    if answer is not None:
        said = " ".join(filter(None, (str(answer.status or ""), answer.said or answer.media_type)))
        said = said if len(said) <= MOST_SHOWN else f"{said[:MOST_SHOWN]}..."
    is_wrong = answer is not None and not answer.is_right
    fate = "measured" if not request.off else "a comment"
    return RouteRow(request.label, said, fate, not request.off, is_wrong)


def _sentences(checked: CheckedDraft, file: str) -> Iterator[str]:
    draft = checked.draft
    rest = len(draft.requests) - len(draft.asked)
    yield f"Wrote {file}: {counted(len(draft.asked), 'request')} to measure, {counted(rest, 'comment')} on the others."
    yield from checked.notes
    if not draft.asked:
        yield "No route answers without an error: mend what the comments say, or write a request of your own."
