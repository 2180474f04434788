"""The load engine: one load on all shards at once, their windows opened together, their parts merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from queue import Empty, SimpleQueue
from statistics import fmean
from typing import Self

from stackduel.load.clock import clock
from stackduel.load.job import Job
from stackduel.load.recording.shard_result import ShardResult, merge
from stackduel.load.schedule import Share, longest_drain_s, longest_warmup_s, longest_window_s, split
from stackduel.load.shards.channels import Channel, ProcessChannel, ShardMessage
from stackduel.model.measurement import Measurement
from stackduel.model.target import Subject

# What is told while a load is on: requests and seconds since its window opened, and the latest median latency in ms.
Progress = Callable[[int, float, float | None], None]

START_AHEAD_S = 0.03
LOOK_EVERY_S = 0.25
READY_WITHIN_S = 30.0
ABORT_WITHIN_S = 3.0
# On top of every deadline, for a machine that is busy with other things.
SLACK_S = 15.0

_ENDINGS = ("result", "error", "aborted", "lost")


class LoadError(Exception):
    """A load that could not be measured; the message says why."""


class Engine:
    """Measures loads on shards that live as long as it is entered."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)
        self._inbox = _Inbox()
        self._ids = count(1)

    def __enter__(self) -> Self:
        try:
            self._revive(len(self._channels))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What the shards run in that is no process of this runner's."""
        return tuple(subject for channel in self._channels if (subject := channel.subject))

    def close(self) -> None:
        """End all shards."""
        for channel in self._channels:
            channel.close()

    def measure(
        self,
        job: Job,
        *,
        at_start: Callable[[], None] = lambda: None,
        at_stop: Callable[[], None] = lambda: None,
        progress: Progress = lambda _requests, _elapsed_s, _recent_ms: None,
        alive: Callable[[], bool] = lambda: True,
    ) -> Measurement:
        """Send the job's load and return what was measured.

        ``at_start`` and ``at_stop`` are called right when the window opens and closes, ``progress`` about twice a
        second with the requests so far and the seconds since the opening. Raises LoadError as soon as ``alive`` says
        that the server is not, when a shard fails or is lost, and when it takes longer than it possibly can; the
        engine can then be used again.
        """
        shares = split(job.load, len(self._channels))
        self._revive(len(shares))
        trial = _Trial(next(self._ids), self._channels[: len(shares)], self._inbox, progress, alive)
        try:
            trial.begin(job, shares)
            trial.wait_for("warm", max(longest_warmup_s(share.load, job.timeout_s) for share in shares))
            trial.open_window()
            trial.wait_for("started", SLACK_S, shards=1)
            at_start()
            trial.wait_for("stopped", max(longest_window_s(share.load, job.timeout_s) for share in shares))
            at_stop()
            trial.wait_for("result", longest_drain_s(job.load, job.timeout_s))
        except BaseException:
            trial.abort()
            raise
        return merge(trial.parts())

    def _revive(self, count: int) -> None:
        """See that the first ``count`` shards run; raises LoadError where one does not get ready."""
        ended = [index for index in range(count) if not self._channels[index].alive()]
        for index in ended:
            try:
                self._channels[index].open(self._inbox.slot(index))
            except OSError as error:
                raise LoadError(f"the load generator could not be started: {error}") from error
        deadline_s = clock() + READY_WITHIN_S
        waiting = set(ended)
        while waiting:
            found = self._inbox.get(deadline_s)
            if found is None:
                raise LoadError(f"the load generator was not ready within {READY_WITHIN_S:.0f} s")
            index, message = found
            if message is None and index in waiting:
                raise LoadError(_obituary(self._channels[index], "could not be started"))
            if message is not None and message["event"] == "ready":
                waiting.discard(index)


class _Inbox:
    """The events of all shards in one queue, without those of a shard's former lives."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[int, object, ShardMessage | None]] = SimpleQueue()
        self._lives: dict[int, object] = {}

    def slot(self, index: int) -> Callable[[ShardMessage | None], None]:
        """Where the new life of a shard delivers its events."""
        life = self._lives[index] = object()
        return lambda message: self._queue.put((index, life, message))

    def get(self, deadline_s: float) -> tuple[int, ShardMessage | None] | None:
        """The next shard's index and event (None: it ended), or None if there is none until the deadline."""
        while True:
            try:
                index, life, message = self._queue.get(timeout=max(0.0, deadline_s - clock()))
            except Empty:
                return None
            if life is self._lives[index]:
                return index, message


class _Trial:
    """One job on its way through the shards."""

    def __init__(
        self,
        identity: int,
        channels: Sequence[Channel],
        inbox: _Inbox,
        progress: Progress,
        alive: Callable[[], bool],
    ) -> None:
        self._id = identity
        self._channels = channels
        self._inbox = inbox
        self._progress = progress
        self._alive = alive
        self._looked_s = clock()
        self._seen: dict[str, dict[int, ShardMessage]] = defaultdict(dict)

    def begin(self, job: Job, shares: Sequence[Share]) -> None:
        """Send each shard its share; it starts to warm up at once."""
        for channel, share in zip(self._channels, shares, strict=True):
            channel.send({"id": self._id, "job": job.to_json(), "share": share.to_json()})

    def open_window(self) -> None:
        """Let all shards open their windows at one moment, or at once where there is no common clock."""
        same_clock = all(channel.same_clock for channel in self._channels)
        start = clock() + START_AHEAD_S if same_clock else None
        for channel in self._channels:
            channel.send({"id": self._id, "start": start})

    def wait_for(self, event: str, within_s: float, *, shards: int | None = None) -> None:
        """Return when that many shards (None: all) have sent that event; raises LoadError if they will not."""
        wanted = len(self._channels) if shards is None else shards
        deadline_s = clock() + within_s + SLACK_S
        while len(self._seen[event]) < wanted:
            if clock() > deadline_s:
                raise LoadError(f"the load generator took more than {within_s + SLACK_S:.0f} s: no {event!r} came")
            self._note(min(deadline_s, self._looked_s + LOOK_EVERY_S))
            self._raise_what_failed()
            if clock() >= self._looked_s + LOOK_EVERY_S:
                self._looked_s = clock()
                if not self._alive():
                    raise LoadError("the server ended during the load")

    def parts(self) -> list[ShardResult]:
        """The results of all shards."""
        return [ShardResult.from_json(result["part"]) for result in self._seen["result"].values()]

    def abort(self) -> None:
        """Let every shard stop and be ready for the next job; end those that do not."""
        for index in self._unfinished():
            self._channels[index].send({"id": self._id, "abort": True})
        deadline_s = clock() + ABORT_WITHIN_S
        while self._unfinished() and clock() < deadline_s:
            self._note(deadline_s)
        for index in self._unfinished():
            self._channels[index].close()

    def _note(self, deadline_s: float) -> None:
        """Take the next event, if one comes before the deadline."""
        found = self._inbox.get(deadline_s)
        if found is None:
            return
        index, message = found
        if message is None:
            self._seen["lost"][index] = {}
        elif message["id"] == self._id:
            self._seen[message["event"]][index] = message
            if message["event"] == "progress":
                so_far = self._seen["progress"].values()
                recent_ms = [each["recent_ms"] for each in so_far if each["recent_ms"] is not None]
                requests = sum(each["requests"] for each in so_far)
                self._progress(requests, message["elapsed_s"], fmean(recent_ms) if recent_ms else None)

    def _raise_what_failed(self) -> None:
        for index in self._seen["lost"]:
            if index < len(self._channels):
                raise LoadError(_obituary(self._channels[index], "ended during the load"))
        for message in self._seen["error"].values():
            raise LoadError(f"the load generator failed: {message['text']}")

    def _unfinished(self) -> list[int]:
        ended = {index for ending in _ENDINGS for index in self._seen[ending]}
        return [index for index in range(len(self._channels)) if index not in ended]


def local_engine(cores: Sequence[int], shards: int) -> Engine:
    """An engine of processes on this machine, bound in turn to these CPUs, or to none where there are none."""
    return Engine([ProcessChannel(cores[i % len(cores)] if cores else None) for i in range(shards)])


def _obituary(channel: Channel, what: str) -> str:
    channel.close()
    tail = channel.stderr_tail().strip()
    return f"a shard of the load generator {what}" + (f"; its last words:\n{tail}" if tail else " without a word")
