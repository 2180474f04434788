"""The sandbox's own parts, which no stack is blamed for: named when they end, started again once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from stackduel.launch.launcher import Launcher, Started
from stackduel.model.errors import LaunchError, SandboxError
from stackduel.model.lost_part import LostPart
from stackduel.model.trial import Failure, Place

Brought = TypeVar("Brought")

OURS = "it belongs to the sandbox, so the trial does not count"


class Sandbox:
    """Watches what the launcher runs for all stacks, and the companion of the stack that is started.

    The end of a part makes a trial void, by the part's name. It is then started again; when it ends a second time,
    the run has failed, or the stack has, if the part belongs to it alone.
    """

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._deaths: Counter[str] = Counter()
        self._lost: list[LostPart] = []

    def lost(self, started: Started | None = None) -> LostPart | None:
        """Return the part that has ended; None while all of them run."""
        if started is not None and (part := started.lost_companion()):
            return part
        return self._launcher.lost()

    def knows(self, part: LostPart) -> bool:
        """Return whether the end of this part was told already, and it was not started again since."""
        return part.name in {each.name for each in self._lost}

    def trial_without(self, part: LostPart, place: Place) -> Failure:
        """Return what becomes of a trial whose part has ended: it is void, or a failure of a stack whose own part
        ended a second time.
        """
        deaths = self._note(part, place.stack)
        if deaths > 1 and not part.shared:
            return Failure(place, f"{part.sentence}, a second time")
        return Failure(place, f"{part.sentence} during the trial; {OURS}", state="void")

    def restore(self) -> None:
        """Start again what has ended; raises SandboxError if it has done so before or cannot be started."""
        part = self._launcher.lost()
        if part is not None and not self.knows(part):
            self._note(part, "")
        lost, self._lost = self._lost, []
        for each in lost:
            if each.shared and self._deaths[each.name] > 1:
                raise SandboxError(f"the run has failed: {each.sentence}, a second time")
        if part is not None:
            try:
                self._launcher.restore()
            except LaunchError as error:
                raise SandboxError(f"the run has failed: {part.sentence}; {error}") from error

    def made_whole(self, work: Callable[[], Brought]) -> Brought:
        """Return what work brings with all parts of the sandbox there: it is done again if one of them ended meanwhile.

        Raises SandboxError as ``restore`` does.
        """
        self.restore()
        outcome = work()
        return outcome if self._launcher.lost() is None else self.made_whole(work)

    def _note(self, part: LostPart, stack: str) -> int:
        """Count an end; return how many there were of this part."""
        key = part.name if part.shared else f"{part.name} of {stack}"
        self._deaths[key] += 1
        self._lost.append(part)
        return self._deaths[key]
