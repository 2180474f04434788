"""The load engine: one load on all shards at once, their windows opened together, their results merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Self

from stackduel.load.all_failed import never_in_vain
from stackduel.load.clock import clock
from stackduel.load.job import Job, LoadError, Progress
from stackduel.load.recording.merging import merge
from stackduel.load.schedule.deadlines import longest_count_s, longest_drain_s, longest_warmup_s, longest_window_s
from stackduel.load.schedule.shares import split
from stackduel.load.shards.channels import Channel, ProcessChannel
from stackduel.load.shards.event_queue import EventQueue
from stackduel.load.shards.running_job import SLACK_S, InVain, RunningJob, message_of_ended
from stackduel.model.measurement import Measurement
from stackduel.model.target import Subject

READY_WITHIN_S = 30.0


class Engine:
    """Measures loads on shards that live as long as it is entered."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)
        self._events = EventQueue()
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
        """The containers in which the shards run; empty if they are processes of this runner."""
        return tuple(subject for channel in self._channels if (subject := channel.subject))

    @property
    def shards(self) -> int:
        """How many shards send a load of enough connections."""
        return len(self._channels)

    @contextmanager
    def limited_to(self, shards: int | None) -> Iterator[None]:
        """Let only the first ``shards`` send what is measured meanwhile; None for all of them."""
        every, self._channels = self._channels, self._channels[:shards]
        try:
            yield
        finally:
            self._channels = every

    def keep(self, shards: int) -> None:
        """End all shards but the first ``shards``, which send every load from now on."""
        for channel in self._channels[shards:]:
            channel.close()
        self._channels = self._channels[:shards]

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
        in_vain: InVain = never_in_vain,
    ) -> Measurement:
        """Send the job's load and return what was measured.

        ``at_start`` and ``at_stop`` are called right when the window opens and closes, ``progress`` about twice a
        second with the requests so far and the seconds since the opening. The window is closed early once ``in_vain``
        says so. Raises LoadError as soon as ``alive`` says
        that the server is not, when a shard fails or is lost, and when it takes longer than it possibly can; the
        engine can then be used again.
        """
        shares = split(job.load, len(self._channels))
        self._revive(len(shares))
        trial = RunningJob(next(self._ids), self._channels[: len(shares)], self._events, progress, alive, in_vain)
        try:
            trial.begin(job, shares)
            trial.wait_for("warm", max(longest_warmup_s(share.load, job.timeout_s) for share in shares))
            trial.open_window()
            trial.wait_for("started", SLACK_S, shards=1)
            at_start()
            trial.wait_for("stopped", max(longest_window_s(share.load, job.timeout_s) for share in shares))
            at_stop()
            longest_s = longest_drain_s(job.load, job.timeout_s) + longest_count_s(streams=job.streams)
            trial.wait_for("result", longest_s)
        except BaseException:
            trial.abort()
            raise
        return merge(trial.results())

    def _revive(self, count: int) -> None:
        """Start those of the first ``count`` shards that do not run; raises LoadError if one does not get ready."""
        ended = [index for index in range(count) if not self._channels[index].alive()]
        for index in ended:
            try:
                self._channels[index].open(self._events.slot(index))
            except OSError as error:
                raise LoadError(f"the load generator could not be started: {error}") from error
        deadline_s = clock() + READY_WITHIN_S
        waiting = set(ended)
        while waiting:
            event = self._events.get(deadline_s)
            if event is None:
                raise LoadError(f"the load generator was not ready within {READY_WITHIN_S:.0f} s")
            index, message = event
            if message is None and index in waiting:
                raise LoadError(message_of_ended(self._channels[index], "could not be started"))
            if message is not None and message["event"] == "ready":
                waiting.discard(index)


def local_engine(cores: Sequence[int], shards: int) -> Engine:
    """Return an engine of processes on this machine, bound in turn to these CPUs, or unbound without CPUs."""
    return Engine([ProcessChannel(cores[i % len(cores)] if cores else None) for i in range(shards)])
