"""The interpreter of each stack of a run: asked before anything is measured, and the same when a run is resumed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.aa_pair import twin_of
from stackduel.model.errors import LaunchError
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.target import Address
from stackduel.runner.interpreters import forced_by, with_interpreters
from stackduel.runner.run_context import RunContext
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import STACKS, FakeEngine, FakeLauncher, FakeStarted, Silent, context_of, plan_of

OLD = InterpreterFacts("CPython", "3.11.7", packages={"flask": "3.1.3", "greenlet": "2.0.2"})
NEW = InterpreterFacts("CPython", "3.14.1", free_threaded=True, gil="off", packages={"flask": "3.1.3"})
NOWHERE = Address("127.0.0.1", 1)


class Knowing(FakeLauncher):
    """Knows what each stack runs on; what it does not know does not answer."""

    def __init__(self, known: dict[str, InterpreterFacts | None]) -> None:
        super().__init__(NOWHERE)
        self.known = known
        self.asked: list[str] = []

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        self.asked.append(stack.name)
        if stack.name not in self.known:
            raise LaunchError(f"{stack.name}/bin/python did not say within 60 s what it is")
        return self.known[stack.name]


def asked(begun: Run, launcher: Knowing, forced: dict[str, str] | None = None, *names: str) -> Run:
    """The run, its stacks asked; ``names`` are those of its stacks."""
    stack = STACKS["slow"]
    stacks = {name: replace(stack, name=name.removesuffix(".twin")) for name in names or ("slow", "fast")}
    plan = replace(plan_of(begun), stacks=stacks)
    engine = FakeEngine(lambda _job: measurement([100.0]))
    context: RunContext = context_of(plan, launcher, engine, lambda _run: None, Silent())
    return with_interpreters(begun, replace(context, gil_forced_by=forced or {}))


def test_every_stack_is_asked_once_and_the_twin_is_the_baseline() -> None:
    """A server without Python has no facts, and one that does not answer has a note."""
    launcher = Knowing({"slow": OLD, "fast": None})
    found = asked(run([]), launcher, None, "slow", "fast", "mute", twin_of("slow")).environment
    assert found.interpreters == {"slow": OLD, twin_of("slow"): OLD}
    assert launcher.asked == ["slow", "fast", "mute"]
    assert found.notes[1:] == ("mute: what it runs on is unknown: mute/bin/python did not say within 60 s what it is.",)


def test_a_gil_that_a_module_forces_and_other_packages_are_noted() -> None:
    """Both are differences that the reader would take for the interpreter's."""
    launcher = Knowing({"slow@3.11": OLD, "slow@3.14t": NEW})
    found = asked(run([]), launcher, {"slow@3.14t": "shop.speedups"}, *launcher.known).environment
    assert found.interpreters
    assert found.interpreters["slow@3.14t"].gil_forced_by == "shop.speedups"
    assert found.notes[1:] == (
        "slow@3.14t runs with the GIL, which its build could do without: shop.speedups needs it.",
        "slow@3.11 and slow@3.14t differ in more than the interpreter: greenlet 2.0.2 and none.",
    )


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (replace(OLD, version="3.11.9"), "slow began on CPython 3.11.7 .* would go on with CPython 3.11.9"),
        (replace(OLD, jit="on"), r"\(GIL on, JIT none\) and would go on with CPython 3.11.7 \(GIL on, JIT on\)"),
    ],
)
def test_a_run_is_not_resumed_on_another_interpreter(now: InterpreterFacts, says: str) -> None:
    """Its trials would be of two stacks under one name."""
    begun = asked(run([]), Knowing({"slow": OLD, "fast": None}))
    with pytest.raises(LaunchError, match=says):
        asked(begun, Knowing({"slow": now, "fast": None}))
    same = asked(begun, Knowing({"slow": replace(OLD, packages={}), "fast": None}))
    assert same.environment.interpreters
    assert same.environment.interpreters["slow"].packages == {}


class Logged(FakeStarted):
    """A server with a log."""

    log = ""

    def log_tail(self, lines: int = 20) -> str:
        return self.log


def test_the_log_says_for_which_module_the_gil_was_turned_on() -> None:
    """CPython warns of it once, in these words; another log says nothing."""
    warning = (
        "<frozen importlib._bootstrap>:488: RuntimeWarning: The global interpreter lock (GIL) has been enabled to load "
        "module 'shop._speedups', which has not declared that it can run safely without the GIL."
    )
    started = Logged(NOWHERE)
    assert forced_by(started) is None
    started.log = f"Listening at 8000\n{warning}\n"
    assert forced_by(started) == "shop._speedups"
