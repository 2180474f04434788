"""Access logs, read line by line in bounded memory into a recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache

from stackduel.traffic.arrival_counts import ArrivalCounts
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.lines import MOST_LINE_BYTES, UNREADABLE, Source, bounded_lines, opened, reason
from stackduel.traffic.logs.combined import parse_combined
from stackduel.traffic.logs.json_line import parse_json_line
from stackduel.traffic.logs.log_entry import LogEntry
from stackduel.traffic.name_counts import count_name
from stackduel.traffic.recording import RecordedRequest, Recording, whole_status
from stackduel.traffic.request_target import FoldedTarget, fold_target
from stackduel.traffic.route_tree import RouteTree
from stackduel.traffic.unread import NoRequestError, UnreadCounter

PROGRESS_EVERY = 20_000

LineProgress = Callable[[int], None]


def read_logs(
    sources: Sequence[str],
    options: ImportOptions,
    told: LineProgress = lambda _: None,
    first: Source | None = None,
) -> Recording:
    """Read access logs, ``-`` being standard input, of which the ``first`` may be open already.

    ``told`` is called now and then with the number of lines that were read. Raises FieldError for a file that cannot
    be read at all.
    """
    log = _Log(options, told)
    for number, source in enumerate(sources):
        with nullcontext(first) if first and not number else opened(source) as stream:
            log.read(stream, source)
    return log.recording(", ".join(sources))


def parse_log_line(line: bytes) -> LogEntry:
    """Return the request of a line in any format that is known; raises NoRequestError with the reason."""
    if len(line) > MOST_LINE_BYTES:
        raise NoRequestError(f"longer than {MOST_LINE_BYTES} bytes")
    stripped = line.strip()
    if not stripped:
        raise NoRequestError("empty")
    return parse_json_line(stripped) if stripped.startswith(b"{") else parse_combined(stripped)


@dataclass(slots=True)
class _Log:
    """The log as far as it has been read."""

    options: ImportOptions
    told: LineProgress
    lines: int = 0
    requests: int = 0
    tree: RouteTree = field(init=False)
    fold: Callable[[str], FoldedTarget] = field(init=False)
    arrivals: ArrivalCounts = field(default_factory=ArrivalCounts)
    unread: UnreadCounter = field(default_factory=UnreadCounter)
    other_methods: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tree = RouteTree(self.options.keep)
        # Most lines of a log ask for what others asked for, too.
        self.fold = lru_cache(maxsize=4096)(lambda target: fold_target(target, self.options.keep))

    def read(self, stream: Source, source: str) -> None:
        """Read a log to its end, or to where its compression breaks."""
        try:
            for line in bounded_lines(stream):
                self.lines += 1
                self._add(line)
                if self.lines % PROGRESS_EVERY == 0:
                    self.told(self.lines)
        except UNREADABLE as error:
            self.notes.append(f"{source}: breaks off after line {self.lines}: {reason(error)}")

    def recording(self, source: str) -> Recording:
        """Return all that was read."""
        if self.tree.uncounted:
            self.notes.append(f"{self.tree.uncounted} requests of rare routes are left out: there are too many routes.")
        return Recording(
            source=source,
            requests=self.requests,
            routes=self.tree.routes(),
            methods=dict(self.other_methods.most_common()),
            dropped=dict(self.dropped.most_common()),
            unread=self.unread.counted(),
            busiest=self.arrivals.busiest(),
            first_s=self.arrivals.first_s,
            last_s=self.arrivals.last_s,
            notes=tuple(self.notes),
        )

    def _add(self, line: bytes) -> None:
        try:
            entry = parse_log_line(line)
            folded = self.fold(entry.target)
        except ValueError as error:
            self.unread.add(self.lines, line, str(error))
            return
        self.requests += 1
        if entry.method not in self.options.methods:
            count_name(self.other_methods, entry.method)
            return
        for name in folded.dropped:
            count_name(self.dropped, name)
        if entry.moment_s is not None:
            self.arrivals.add(entry.moment_s)
        request = RecordedRequest(entry.method, folded.target, whole_status(entry.status))
        self.tree.record(folded, request, entry.status)
