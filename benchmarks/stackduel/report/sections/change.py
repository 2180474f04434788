"""The change advised, as it is carried out: how the stack is started before and after, and the changed handlers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackduel.model.command_lines import shell_line
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.report.sections.blocks import Block, Links, Paragraph, Section, Shell

PACKAGE = "stackduel_servers."
_MODULE = re.compile(r"stackduel_servers(\.[a-z_]+)+")
# Where the handlers' calls and models are run, by what differs from the baseline.
FANNED_OUT = "stackduel_servers.core.downstream_blocking"
INFERENCE = {
    "executor": "stackduel_servers.core.inference.execution.pooled",
    "batched": "stackduel_servers.core.inference.execution.batcher",
}


def sections(run: Run) -> Iterator[Section]:
    """Yield the change that the run advises, if it advises one that can be shown."""
    if blocks := tuple(change_blocks(run)):
        yield Section("change", "The change", blocks, prominent=True)


def change_blocks(run: Run) -> Iterator[Block]:
    """Yield the command lines before and after, and the handlers that change with them."""
    advised = run.advice.run.stack if run.advice else None
    if advised is None or advised not in run.stacks:
        return
    before, after = run.stacks[run.baseline], run.stacks[advised]
    old, new = shell_line(before), shell_line(after)
    if old and new and old != new:
        yield Shell((f"# before: {run.baseline}", old, f"# after: {advised}", new))
    elif old and new:
        yield Paragraph("Both are started by the same line: only the application changes.")
    if items := tuple((name, handler_file(name)) for name in changed_handlers(run)):
        yield Links("The changed handlers:", items)


def changed_handlers(run: Run) -> tuple[str, ...]:
    """Return our modules with the handlers that the change advised puts in place of the baseline's."""
    advised = run.advice.run.stack if run.advice else None
    if advised is None or advised not in run.stacks or run.stacks[advised].tier != "code":
        return ()
    return tuple(dict.fromkeys(_modules(run.stacks[advised], run.stacks[run.baseline])))


def handler_file(module: str) -> str:
    """Return the name under which a module's source stands beside a report."""
    return f"handlers/{module.removeprefix(PACKAGE).replace('.', '-')}.py"


def _modules(after: StackFacts, before: StackFacts) -> Iterator[str]:
    app = (after.app or "").partition(":")[0]
    # A run.json may have been written by anybody: no other name becomes the name of a file.
    if not _MODULE.fullmatch(app):
        return
    if after.app != before.app:
        yield app
    if after.fans_out and not before.fans_out:
        yield FANNED_OUT
    if after.inference != before.inference and after.inference in INFERENCE:
        yield INFERENCE[after.inference]
