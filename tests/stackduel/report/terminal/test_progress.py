"""News of a run on its way: plain lines now and then, or lines that are drawn again in their place."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from stackduel.model.plan_step import PlanStep
from stackduel.model.trial import Failure, Place, Trial
from stackduel.planning.estimates import Pace
from stackduel.report.terminal.live_view import TrialMark, view
from stackduel.report.terminal.progress import PRINTED_EVERY_S, Narrator
from tests.stackduel.makers import WAITING, trial

PACES = {"slow": Pace(launch_s=1.0), "fast": Pace(launch_s=1.0)}


class Scene:
    """A narrator with a clock of its own, and what it says."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.now_s = 0.0
        self.said = io.StringIO()
        console = Console(file=self.said, width=200, force_terminal=terminal, color_system=None)
        self.narrator = Narrator(console, {"slow": 50.0, "fast": 50.0}, PACES, trials=4, now=lambda: self.now_s)

    def measure(self, *attempts: Trial, lasting_s: float = 1.0) -> None:
        """One scenario on a fresh server."""
        place = attempts[0].place
        self.narrator.launching(PlanStep(place.block, place.stack, (WAITING,)))
        for attempt in attempts:
            if attempt.state != "noisy":
                self.narrator.measuring(attempt.place, WAITING)
                self.now_s += lasting_s
            self.narrator.finished(attempt)

    @property
    def lines(self) -> list[str]:
        return self.said.getvalue().splitlines()


def void(stack: str, attempt: int) -> Trial:
    made = trial(stack, 100)
    return replace(made, place=replace(made.place, attempt=attempt), state="void", reason="Stolen 9 %.")


def test_a_pipe_gets_a_line_a_stack() -> None:
    """With its figures, their units, and the time that is left."""
    scene = Scene()
    with scene.narrator:
        scene.measure(trial("slow", 1000))
        assert scene.lines == []
        scene.measure(trial("fast", 20))
    first, second = scene.lines
    assert first.startswith("block 1, slow: waiting 500 req/s, p50 100 ms, p99 100 ms (about 1 min ")
    assert second.startswith("block 1, fast: waiting 10.0 req/s, p50 100 ms (about ")
    assert "\x1b" not in scene.said.getvalue()


def test_attempts_that_do_not_count_are_printed_once_with_the_reason() -> None:
    """However many there were, and whether one of them was kept."""
    scene = Scene()
    noisy = replace(void("slow", 2), state="noisy")
    with scene.narrator:
        scene.measure(void("slow", 1), void("slow", 2), void("slow", 3), noisy)
        scene.measure(void("fast", 1), replace(trial("fast", 20), place=Place("fast", "waiting", 1, 2)))
    assert "waiting 50.0 req/s, p50 100 ms, noisy (3 attempts void: Stolen 9 %) (about " in scene.lines[0]
    assert "waiting 10.0 req/s, p50 100 ms (1 attempt void: as before) (about " in scene.lines[1]


def test_a_reason_is_told_in_full_once() -> None:
    """The same with other numbers is as before; another one is told."""
    scene = Scene()
    with scene.narrator:
        for block, reason in enumerate(("Stolen 9 %.", "Stolen 12.5 %.", "Headroom 1.2.", "Headroom 1.3."), 1):
            made = replace(void("slow", 1), reason=reason)
            scene.measure(replace(made, place=replace(made.place, block=block)))
    told = [line.rpartition(" void: ")[2].partition(" (about")[0] for line in scene.lines]
    assert told == ["Stolen 9 %", "as before", "Headroom 1.2", "as before"]


def test_a_long_trial_is_printed_now_and_then() -> None:
    """Not more often than every few seconds, however often something is heard of it."""
    scene = Scene()
    with scene.narrator:
        scene.narrator.launching(PlanStep(1, "slow", (WAITING,)))
        scene.narrator.measuring(Place("slow", "waiting", 1), WAITING)
        for half_seconds in range(1, 100):
            scene.now_s = half_seconds / 2
            scene.narrator.progress(50 * half_seconds, half_seconds / 2, 9.876)
    assert len(scene.lines) == 49 // PRINTED_EVERY_S
    assert scene.lines[0].startswith("block 1: slow, waiting: 100 req/s, p50 9.88 ms, 10.0 s so far (about ")


def test_a_failure_is_printed_at_once() -> None:
    """With its reason, after what was measured before it."""
    scene = Scene()
    with scene.narrator:
        scene.measure(trial("slow", 20))
        scene.narrator.finished(Failure(Place("slow", "calling", 1), "it died"))
        assert scene.lines[-1] == "block 1, slow, calling: not measured: it died"
        assert len(scene.lines) == 2


def test_a_failure_is_told_in_full_once() -> None:
    """A scenario that is not measured again fails in every block that is left, for the same reason."""
    scene = Scene()
    with scene.narrator:
        for stack, block, reason in (("slow", 1, "it died"), ("slow", 2, "it died"), ("fast", 2, "it died")):
            scene.narrator.finished(Failure(Place(stack, "waiting", block), reason))
        scene.narrator.finished(Failure(Place("slow", "waiting", 3), "it hangs"))
    assert [line.partition(": not measured: ")[2] for line in scene.lines] == [
        "it died", "as before", "it died", "it hangs",
    ]  # fmt: skip


@pytest.mark.parametrize("block", [1, 2])
@pytest.mark.parametrize("stack", ["slow", "fast"])
def test_figures_stand_under_the_stack_that_they_were_measured_on(stack: str, block: int) -> None:
    """A trial that is not tried fails before its stack is started, with figures of the stack before it not yet told."""
    scene = Scene()
    with scene.narrator:
        scene.measure(trial("slow", 1000))
        scene.narrator.finished(Failure(Place(stack, "calling", block), "not tried again: it died"))
        scene.measure(trial("fast", 20))
    assert [line.split(" (about ")[0] for line in scene.lines] == [
        "block 1, slow: waiting 500 req/s, p50 100 ms, p99 100 ms",
        f"block {block}, {stack}, calling: not measured: not tried again: it died",
        "block 1, fast: waiting 10.0 req/s, p50 100 ms",
    ]


def test_quiet_is_quiet() -> None:
    """Nothing at all."""
    said = io.StringIO()
    narrator = Narrator(Console(file=said), {"slow": 10.0}, PACES, quiet=True)
    with narrator:
        narrator.print_line("x")
        narrator.finished(Failure(Place("slow", "waiting", 1), "it died"))
    assert said.getvalue() == ""


def test_a_terminal_is_left_as_it_was() -> None:
    """Whatever ends the run, the cursor is shown again, and the lines that were drawn are taken away."""
    scene = Scene(terminal=True)
    with pytest.raises(KeyboardInterrupt), scene.narrator:
        scene.measure(trial("slow", 20))
        raise KeyboardInterrupt
    text = scene.said.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    *_, last = text.rpartition("\x1b[?25h")
    drawn = len(view(scene.narrator._state, 0.0, ""))
    assert last.count("\x1b[2K") == last.count("\x1b[1A") == drawn


def test_the_view_shows_progress_and_trials_that_do_not_count() -> None:
    """Throughput now, the latest figures with their latencies, void attempts and failures, the time that is left."""
    state = TrialMark(planned=60)
    assert view(state, 0.0, "about 1 min 39 s left") == [
        "──────────────────── 0 %, 0 of 60 trials, about 1 min 39 s left",
        "now    starting",
    ]
    state.finished(trial("slow", 1000, metric="time", failed=2))
    state.finished(void("fast", 1))
    state.finished(Failure(Place("fast", "calling", 1), "it died"))
    state.do("block 2: fast, waiting")
    state.answered(100, 0.5, 12.0)
    state.answered(400, 1.5, None)
    assert view(state, 0.52, "about 12 s left") == [
        "━━━━━━━━━━────────── 52 %, 1 of 60 trials, about 12 s left",
        "now    block 2: fast, waiting: 300 req/s, 1.5 s so far",
        "last   slow, waiting: 100 ms a request, p50 100 ms, p99 100 ms, 2 failed",
        "void   1 attempt, the last: fast, waiting: Stolen 9 %.",
        "failed 1 trial",
    ]


def test_the_pilot_s_time_is_not_taken_for_the_whole_run_s() -> None:
    """As long as the number of blocks is open, the line says what the time is for."""
    said = io.StringIO()
    narrator = Narrator(Console(file=said, width=200), {"slow": 60.0}, PACES, pilot_blocks=5)
    assert narrator._left() == "about 1 min left of the first 5 blocks"
    narrator.plan_more({"slow": 60.0})
    assert narrator._left() == "about 2 min left"
