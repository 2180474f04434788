"""The terminal's narrator with a page beside it: the same events, for a browser on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from rich.console import Console

from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.trial import Place, Result
from stackduel.planning.estimates import Pace
from stackduel.report.live.board import Board
from stackduel.report.live.page import render
from stackduel.report.live.server import LiveServer
from stackduel.report.terminal.progress import Narrator


class LiveNarrator(Narrator):
    """A narrator in the terminal and on a page, whose address it prints; ``report`` is the report's path to come."""

    def __init__(
        self,
        console: Console,
        planned: Mapping[str, float],
        paces: Mapping[str, Pace],
        *,
        quiet: bool = False,
        pilot_blocks: int = 0,
        run: Run,
        report: Path,
        cores: Iterable[int],
    ) -> None:
        super().__init__(
            console,
            planned,
            paces,
            quiet=quiet,
            trials=run.planned,
            pilot_blocks=pilot_blocks,
            chooses_loads=run.suite.chooses_loads,
        )
        self._board = Board(run)
        self._server = LiveServer(self._board, render(run, str(report)), report, cores)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._server)
        super().__enter__()
        self.print_line(f"Live: {self._server.url}")
        return self

    def __exit__(self, *exc: object) -> None:
        self._board.do("ended")
        self._board.update_now(1.0, 0.0, ended=True)
        self._stack.close()
        super().__exit__(*exc)

    def plan_more(self, planned: Mapping[str, float]) -> None:
        """Expect so many seconds more than were planned before, by stack."""
        super().plan_more(planned)
        self._board.plan_more()

    def launching(self, step: PlanStep) -> None:
        """Show that a stack is being started."""
        super().launching(step)
        self._do(f"Block {step.block}: starting {step.stack}")

    def launching_together(self, steps: Sequence[PlanStep]) -> None:
        """Show that the stacks of a block are being started, which run at once."""
        super().launching_together(steps)
        self._do(f"Block {steps[0].block}: starting {', '.join(step.stack for step in steps)}")

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """Show that a trial begins."""
        super().measuring(place, scenario)
        self._do(f"Block {place.block}: measuring {place.stack}, {place.scenario}, attempt {place.attempt}")

    def isolating(self, solo: IsolatedStep) -> None:
        """Show that a model is being measured alone."""
        super().isolating(solo)
        self._do(f"Block {solo.block}: {solo.model} alone, in process")

    def progress(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Show the requests answered since the window opened, and the median latency of the latest."""
        super().progress(requests, elapsed_s, recent_ms)
        self._board.answered(requests, elapsed_s, recent_ms)
        self._update()

    def finished(self, result: Result) -> None:
        """Show that a trial ended, measured or not."""
        super().finished(result)
        self._board.finished(result)
        self._update()

    def _do(self, doing: str) -> None:
        self._board.do(doing)
        self._update()

    def _update(self) -> None:
        clock = self._clock
        self._board.update_now(clock.share, clock.left_s())
