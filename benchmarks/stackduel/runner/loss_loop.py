"""The loop that ends or recycles every server under load, in interleaved rounds, and counts what that loses."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from stackduel.launch.launcher import Started
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.search_results.losses import Losses
from stackduel.model.search_results.recycling import RecycledRound
from stackduel.model.search_results.shutdown import Stop
from stackduel.model.search_settings import RecyclingSettings, ShutdownSettings
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.observe.resources.usage import Meter
from stackduel.runner.finding_rounds import FindingRounds
from stackduel.runner.run_context import RunContext
from stackduel.search.losses import recycled, stopped


class LossLoop(FindingRounds):
    """Loads every stack in each round, on a fresh server, and saves what became of the requests.

    The window opens as the server is signalled, and stays open whatever becomes of it.
    """

    def __init__(self, context: RunContext, run: Run, settings: ShutdownSettings | RecyclingSettings) -> None:
        super().__init__(context, run, settings.rounds)
        self._settings = settings
        self._stops: dict[tuple[str, str], list[Stop]] = {}
        self._rounds: dict[tuple[str, str], list[RecycledRound]] = {}

    def _finding(self, stack: Stack, scenario: Scenario, started: Started, _meter: Meter | None, block: int) -> Finding:
        key = (stack.name, scenario.name)
        if isinstance(self._settings, ShutdownSettings):
            stops = self._stops.setdefault(key, [])
            stops.append(self._stop(stack, scenario, started, block, self._settings.grace_s))
            return stopped(*key, stops, self._settings.grace_s)
        rounds = self._rounds.setdefault(key, [])
        rounds.append(self._round(stack, scenario, started, block))
        return recycled(*key, rounds)

    def _stop(self, stack: Stack, scenario: Scenario, started: Started, block: int, grace_s: float) -> Stop:
        """Signal the server as the window opens, from a thread of its own: the window must be watched meanwhile."""
        ends: list[Future[ServerEnd]] = []
        with ThreadPoolExecutor(1) as aside:
            measurement = self._context.trial_runner.load_through_end(
                stack.name, scenario, started, lambda: ends.append(aside.submit(started.terminate, grace_s))
            )
            end = ends[0].result()
        # The server has ended, and with it all its connections: what is open now waits for one. Where a container was,
        # nobody even refuses it.
        losses = Losses.of(measurement, unconnected=measurement.cut_off)
        return Stop(block, scenario.load.connections, losses, end.ended_s, end.killed)

    def _round(self, stack: Stack, scenario: Scenario, started: Started, block: int) -> RecycledRound:
        measurement = self._context.trial_runner.load_through_end(stack.name, scenario, started, lambda: None)
        return RecycledRound(block, Losses.of(measurement), measurement.reconnects, started.failure() or "")
