"""One job while all shards carry it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean

from stackduel.load.clock import clock
from stackduel.load.job import Job, LoadError, LostPartError, Progress
from stackduel.load.recording.shard_result import ShardResult
from stackduel.load.schedule.shares import Share
from stackduel.load.shards.channels import Channel, ShardMessage
from stackduel.load.shards.event_queue import EventQueue
from stackduel.model.lost_part import LostPart

START_AHEAD_S = 0.03
LOOK_EVERY_S = 0.25
ABORT_WITHIN_S = 3.0
# Added to every deadline, for a busy machine.
SLACK_S = 15.0
_ENDINGS = ("result", "error", "aborted", "lost")


# Called with the requests of a window so far, the right answers among them, and the seconds since it opened.
InVain = Callable[[int, int, float], bool]


class RunningJob:
    """One job on its way through the shards."""

    def __init__(
        self,
        identity: int,
        channels: Sequence[Channel],
        events: EventQueue,
        progress: Progress,
        alive: Callable[[], bool],
        in_vain: InVain,
    ) -> None:
        self._id = identity
        self._channels = channels
        self._events = events
        self._progress = progress
        self._alive = alive
        self._in_vain = in_vain
        self._is_stopped = False
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
            self._take_event(min(deadline_s, self._looked_s + LOOK_EVERY_S))
            self._raise_what_failed()
            if clock() >= self._looked_s + LOOK_EVERY_S:
                self._looked_s = clock()
                if not self._alive():
                    raise LoadError("the server ended during the load")

    def results(self) -> list[ShardResult]:
        """Return the results of all shards."""
        return [ShardResult.from_json(result["result"]) for result in self._seen["result"].values()]

    def abort(self) -> None:
        """Let every shard stop and be ready for the next job; end those that do not."""
        for index in self._unfinished():
            self._channels[index].send({"id": self._id, "abort": True})
        deadline_s = clock() + ABORT_WITHIN_S
        while self._unfinished() and clock() < deadline_s:
            self._take_event(deadline_s)
        for index in self._unfinished():
            self._channels[index].close()

    def _take_event(self, deadline_s: float) -> None:
        """Take the next event, if one comes before the deadline."""
        event = self._events.get(deadline_s)
        if event is None:
            return
        index, message = event
        if message is None:
            self._seen["lost"][index] = {}
        elif message["id"] == self._id:
            self._seen[message["event"]][index] = message
            if message["event"] == "progress":
                self._report(message["elapsed_s"])

    def _report(self, elapsed_s: float) -> None:
        """Report the progress of all shards together, and close their windows if going on is in vain."""
        so_far = self._seen["progress"].values()
        recent_ms = [each["recent_ms"] for each in so_far if each["recent_ms"] is not None]
        requests = sum(each["requests"] for each in so_far)
        self._progress(requests, elapsed_s, fmean(recent_ms) if recent_ms else None)
        if not self._is_stopped and self._in_vain(requests, sum(each["succeeded"] for each in so_far), elapsed_s):
            self._is_stopped = True
            for channel in self._channels:
                channel.send({"id": self._id, "stop": True})

    def _raise_what_failed(self) -> None:
        for index in self._seen["lost"]:
            if index < len(self._channels):
                raise LostPartError(lost_worker(self._channels[index]))
        for message in self._seen["error"].values():
            raise LoadError(f"the load generator failed: {message['text']}")

    def _unfinished(self) -> list[int]:
        ended = {index for ending in _ENDINGS for index in self._seen[ending]}
        return [index for index in range(len(self._channels)) if index not in ended]


def lost_worker(channel: Channel) -> LostPart:
    """Close the channel of a shard that ended during a load; return how it ended, with its last words."""
    how = channel.ending()
    channel.close()
    tail = channel.stderr_tail().strip()
    return LostPart("a worker of the load generator", f"{how} (its last words: {tail})" if tail else how)


def message_of_ended(channel: Channel, what: str) -> str:
    """Close the channel of a shard that ended, and return what happened with the last lines that the shard wrote."""
    channel.close()
    tail = channel.stderr_tail().strip()
    return f"a shard of the load generator {what}" + (f"; its last words:\n{tail}" if tail else " without a word")
