"""Tunings made up for tests: an application under known rates, with blocks that differ a little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from stackduel.analysis.tuning import with_tuning
from stackduel.model.aa_pair import twin_of
from stackduel.model.application import Application, ApplicationName, ImportableServer, Interface, Interpreter
from stackduel.model.run import Run
from stackduel.model.search_results.tuned import Tuned
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.model.trial import Cost, Memory, Result, Trial
from stackduel.model.tune_settings import CURRENT, TuneCandidate, TuneSettings, alone_name, longer_name, round_name
from tests.stackduel.makers import run, trial

TWIN = twin_of(CURRENT)
SCENARIO = Scenario("tune", (Workload("/search"),), ClosedLoop(16, duration_s=2.0))
GTHREAD = TuneCandidate("gunicorn-gthread-w1-t8", "gunicorn", "gthread", 1, 8, 8)
SYNC = TuneCandidate("gunicorn-sync-w4", "gunicorn", "sync", 4, None, 4)
GEVENT = TuneCandidate("gunicorn-gevent-w1", "gunicorn", "gevent", 1, None, None)
FEWER = TuneCandidate("gunicorn-gthread-w1-t4", "gunicorn", "gthread", 1, 4, 4)
CANDIDATES = (SYNC, FEWER, GTHREAD, GEVENT)
TIERS = {CURRENT: "baseline", TWIN: "A/A", SYNC.stack: "settings", GTHREAD.stack: "worker-class",
         FEWER.stack: "worker-class", GEVENT.stack: "worker-class"}  # fmt: skip
SETTINGS = TuneSettings("shop:app", "wsgi", "/venv/bin/python", "Procfile, web", CANDIDATES)
# From block to block, in per cent.
CHANCE = (0, 1, -1, 2, -2)
EVERY = ("gunicorn", "uvicorn", "hypercorn", "granian", "waitress")
CLASSES = ("sync", "gthread", "gevent", "asgi")


def application(
    interface: Interface = "wsgi", servers: Sequence[str] = EVERY, name: str = "app", *, called: bool = False
) -> Application:
    """An application whose interpreter can import these servers."""
    found = {each: ImportableServer("1.0", CLASSES if each == "gunicorn" else ()) for each in servers}
    interpreter = Interpreter(PurePath("/venv/bin/python"), "3.12.1", "cpython-312", "named by the test")
    return Application(ApplicationName("shop", name, called), interface, interpreter, found, PurePath("/srv/shop"))


def windows(stack: str, requests: int, *, failed: int = 0, mib: float = 60.0, grows: float = 0.0,
            latency_ms: float = 100.0) -> list[Result]:  # fmt: skip
    """Five blocks of the confirmation: so many requests, a little more or less from block to block."""
    return [
        replace(
            trial(stack, requests * (100 + chance) // 100, block=block, scenario="tune", failed=failed,
                  latency_ms=latency_ms),
            cost=Cost(0.5, mib + grows, (Memory(0.0, mib), Memory(2.0, mib + grows + chance / 100))),
        )
        for block, chance in enumerate(CHANCE, 1)
    ]  # fmt: skip


def longer(stack: str, requests: int, *mib: float) -> Trial:
    """A longer window of a stack that grew, with its readings of the memory."""
    made = trial(stack, requests, scenario=longer_name("tune"))
    return replace(made, cost=Cost(2.0, max(mib), tuple(Memory(2.0 * at, each) for at, each in enumerate(mib))))


def alone(latency_ms: float = 200.0, requests: int = 100, cpu_s: float = 0.5) -> Trial:
    """One request after the other: a wait of 195 ms and 5 ms of the CPU."""
    made = trial(CURRENT, requests, scenario=alone_name("tune"), latency_ms=latency_ms)
    return replace(made, cost=Cost(cpu_s, 50.0))


def screening(rates: Mapping[str, int], number: int = 1, failed: int = 0) -> list[Result]:
    """A round of the screening: so many requests in the window of each stack."""
    return [
        trial(stack, requests, block=number, scenario=round_name("tune", number), failed=failed)
        for stack, requests in rates.items()
    ]


def tuning(results: Sequence[Result], settings: TuneSettings = SETTINGS) -> Run:
    """The run of a tuning with these results, concluded."""
    made = run(results, TIERS, (SCENARIO,))
    suite = Suite("tune", "A summary.", CURRENT, tuple(TIERS), 5, (SCENARIO,), most_blocks=5, search=settings)
    commands = {name: ("gunicorn", "--bind", "{host}:{port}", "shop:app", "-w", str(number))
                for number, name in enumerate(TIERS, 1)}  # fmt: skip
    stacks = {name: StackFacts(tier, command=commands[name]) for name, tier in TIERS.items()}
    made = replace(made, run_id="20260102-030405-tune-abcd", suite=suite, stacks=stacks, planned=0)
    return with_tuning(made, settings)


def found(results: Sequence[Result], settings: TuneSettings = SETTINGS) -> Tuned:
    """Return what these results say."""
    result = tuning(results, settings).findings[0].found
    assert isinstance(result, Tuned)
    return result


def usual() -> list[Result]:
    """A whole tuning: threads give three times the requests, and more processes twice as many."""
    rates = {CURRENT: 200, SYNC.stack: 400, FEWER.stack: 350, GTHREAD.stack: 600, GEVENT.stack: 500}
    return [
        alone(),
        *screening(rates),
        *screening({GTHREAD.stack: 600, SYNC.stack: 400}, 2),
        *windows(CURRENT, 600),
        *windows(TWIN, 603),
        *windows(GTHREAD.stack, 1800),
        *windows(SYNC.stack, 1200, mib=160.0),
    ]
