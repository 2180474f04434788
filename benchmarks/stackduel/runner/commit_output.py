"""How a comparison of commits is shown: a comment for a pull request, printed and written beside the reports."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from stackduel.analysis.detectable_change import detectable_change
from stackduel.model.errors import of_system
from stackduel.report.markdown.pull_request import PR_FILE, CommitTitles, render
from stackduel.runner.output import Output
from stackduel.runner.pilot import whole_minutes
from stackduel.runner.run_record import RunRecord
from stackduel.storage.run_document import redaction_of


# Without slots, which would take super() away from a dataclass.
@dataclass(frozen=True)
class CommitOutput(Output):
    """Prints the comment in place of the report; the reports lie in the run's folder all the same."""

    titles: CommitTitles = field(default_factory=CommitTitles)
    began_s: float = field(default_factory=time.monotonic)

    def _show(self, record: RunRecord) -> None:
        self.comment(record)
        if self.json:
            super()._show(record)

    def comment(self, record: RunRecord) -> None:
        """Write the comment beside the reports, and print it unless JSON or nothing is wanted."""
        # Words of a commit's message may hold one of the user's secrets, as anything from outside.
        text = redaction_of(record.run).text(render(record.run, self.titles, record.judged, self._enough(record)))
        path = record.folder / PR_FILE
        try:
            path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as error:
            self.print_error(f"{path}: cannot be written: {of_system(error)}")
        if not (self.quiet or self.json):
            self.out.file.write(text)
            self.print_line(f"Comment: {path}")

    def _enough(self, record: RunRecord) -> str | None:
        """Return the time that would find a change of 10 %, at the pace of this run."""
        change = detectable_change(record.run.comparisons)
        if change is None or change.is_resolved:
            return None
        spent_s = time.monotonic() - self.began_s
        return whole_minutes(spent_s * change.needed / record.run.suite.blocks)
