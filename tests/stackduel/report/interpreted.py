"""A run made up for tests: two stacks, each on an old interpreter and on a free-threaded one with a JIT."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.model.environment import Environment
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.run import Run
from tests.stackduel.makers import run, trial

OLD = InterpreterFacts("CPython", "3.11.7", "GCC 12.2.0, PGO", packages={"flask": "3.1.3", "jinja2": "3.1.6"})
FREE = replace(OLD, version="3.14.1", build="Clang 19", free_threaded=True, gil="off", jit="on")
INTERPRETERS = {"flask@3.11": OLD, "flask@3.14t": FREE, "quart@3.11": OLD, "quart@3.14t": FREE}
RATES = {"flask@3.11": 200, "flask@3.14t": 260, "quart@3.11": 300, "quart@3.14t": 240, "flask@3.11.twin": 200}


def interpreted(interpreters: dict[str, InterpreterFacts] | None = None) -> Run:
    """Five blocks of the stacks on these interpreters, and of the first one's twin."""
    found = INTERPRETERS if interpreters is None else interpreters
    rates = {name: rate for name, rate in RATES.items() if name.removesuffix(".twin") in found}
    tiers = dict.fromkeys(rates, "rewrite") | {next(iter(rates)): "baseline", "flask@3.11.twin": "A/A"}
    results = [trial(name, rate + block, block=block) for block in range(1, 6) for name, rate in rates.items()]
    begun = run(results, {name: tiers[name] for name in rates})
    return conclude(replace(begun, environment=replace(Environment(), interpreters=found)))
