"""About how long a run still takes: what is planned, corrected by how long each stack took so far."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping

# A pace over less planned time than this is chance.
ENOUGH_S = 5.0
# What takes longer than expected is expected to go on for this part of the time that it has taken.
OVERRUN = 0.1
LEAST_S = 1.0


class RemainingTime:
    """Estimates the rest of a run, whose planned seconds it is given by stack.

    A step (a stack in a block) takes as long in comparison with its plan as the earlier steps of its stack; before the
    first of them, as all steps so far. A step of no known stack counts as one of ``""``. Repeated attempts are learned
    apart, from each of them and for all stacks together, as they come from the host: the rest has as many of them.
    """

    def __init__(self, planned: Mapping[str, float], now: Callable[[], float] = time.monotonic) -> None:
        self._planned = dict(planned)
        self._done: defaultdict[str, float] = defaultdict(float)
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._now = now
        self._key: str | None = None
        self._step_s = self._passed_s = self._part_s = 0.0
        self._repeated_s = self._repeated_in_step_s = 0.0
        self._repeats = False
        self._began = self._step_began = self._part_began = now()

    @property
    def share(self) -> float:
        """Return the part of the planned work that is done."""
        planned_s = sum(self._planned.values())
        return min(1.0, (sum(self._done.values()) + self._passed_s) / planned_s) if planned_s else 0.0

    def plan_more(self, planned: Mapping[str, float]) -> None:
        """Plan so many seconds more, by stack."""
        for stack, planned_s in planned.items():
            self._planned[stack] = self._planned.get(stack, 0.0) + planned_s

    def leave_out(self, stack: str) -> None:
        """Plan nothing more for a stack."""
        self._planned.pop(stack, None)

    def begin_step(self, stack: str, planned_s: float) -> None:
        """Begin a step that is planned to take so long, and learn from the one that ends with it."""
        self.begin_part(0.0)
        self._learn()
        self._key = stack if stack in self._planned else ""
        self._step_s, self._passed_s, self._step_began = planned_s, 0.0, self._now()
        self._repeated_in_step_s = 0.0

    def begin_part(self, planned_s: float, *, repeats: bool = False) -> None:
        """Begin a part of the step: a launch, or an attempt at a trial, which may be a repetition."""
        now = self._now()
        if self._repeats:
            self._repeated_s += now - self._part_began
            self._repeated_in_step_s += now - self._part_began
        self._part_s, self._part_began, self._repeats = planned_s, now, repeats

    def pass_by(self, planned_s: float) -> None:
        """Count a part of the step as done."""
        self._passed_s = min(self._step_s, self._passed_s + planned_s)
        self.begin_part(0.0)

    def left_s(self) -> float:
        """Return about how long the rest takes; never nothing, as long as anything goes on."""
        to_come_s = sum(
            max(0.0, planned_s - self._done[key] - (self._step_s if key == self._key else 0.0)) * self._pace(key)
            for key, planned_s in self._planned.items()
        )
        if "" in self._planned:
            # A search may take more steps than planned; how many is unknown until it ends.
            to_come_s = max(to_come_s, OVERRUN * self._done[""] * self._pace(""))
        return max(LEAST_S, to_come_s * (1 + self._repeats_share()) + self._left_of_step_s())

    def _left_of_step_s(self) -> float:
        if self._key is None:
            return 0.0
        pace, now = self._pace(self._key), self._now()
        taken_s, of_part_s = now - self._step_began - self._repeated_in_step_s, now - self._part_began
        more = 1 + self._repeats_share()
        part_s = max(self._part_s - of_part_s, OVERRUN * of_part_s)
        if self._repeats:
            # It was passed by with its first attempt.
            return max(0.0, self._step_s - self._passed_s) * pace * more + part_s
        rest_s = max(0.0, self._step_s - self._passed_s - self._part_s) * pace * more
        part_s += self._part_s * pace * (more - 1)
        return max((self._step_s * pace - taken_s) * more, rest_s + part_s)

    def _repeats_share(self) -> float:
        """Return the time of repeated attempts for each second of the others, of the parts that ended."""
        in_step_s = self._part_began - self._step_began - self._repeated_in_step_s if self._key is not None else 0.0
        first_s = sum(self._spent.values()) + in_step_s
        return self._repeated_s / first_s if first_s > ENOUGH_S else 0.0

    def _pace(self, key: str) -> float:
        if self._done[key] > 0:
            return self._spent[key] / self._done[key]
        done_s = sum(self._done.values())
        return sum(self._spent.values()) / done_s if done_s > ENOUGH_S else 1.0

    def _learn(self) -> None:
        if self._key is not None:
            self._spent[self._key] += self._now() - self._step_began - self._repeated_in_step_s
            self._done[self._key] += self._step_s


class RemainingSearchTime(RemainingTime):
    """Estimates the rest of searches that choose their loads: how many there will be, nobody knows.

    So what is planned is time, and the clock alone says how much of it is gone. What has taken too long is expected to
    take as long again beyond its plan.
    """

    @property
    def share(self) -> float:
        """Return the part of the time that has passed."""
        passed_s = self._now() - self._began
        return passed_s / (passed_s + self.left_s())

    def left_s(self) -> float:
        """Return the planned time that is left; never nothing, as long as anything goes on."""
        rest_s = sum(self._planned.values()) - (self._now() - self._began)
        return max(LEAST_S, rest_s, -rest_s)
