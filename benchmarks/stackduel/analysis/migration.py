"""The change from the baseline to a stack in a few words, made from the settings of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackduel.analysis.candidates import Migration
from stackduel.model.counted import counted
from stackduel.model.stack_facts import StackFacts
from stackduel_servers.supported import BARE, SERVERS, WEB_FRAMEWORKS

_TITLES = {**WEB_FRAMEWORKS, **BARE, **{name: server.title for name, server in SERVERS.items()}}

TRITON = "triton"
_PER_CPU: Mapping[object, str] = {"cpu": "1 worker a CPU", "2cpu+1": "2 x CPUs + 1 workers"}
# Tiers that cost the same from every baseline, and tiers that only exist within one framework.
_ANYWHERE = frozenset({"service", "control"})
_WITHIN = frozenset({"baseline", "settings", "worker-class", "server", "code"})


def change_to(name: str, stack: StackFacts, baseline: StackFacts) -> Migration:
    """Return the change from ``baseline`` to the stack ``name``; a run describes both."""
    return Migration(stack.tier, _summary(name, stack, baseline))


def tier_from(stack: StackFacts, baseline: StackFacts) -> str:
    """Return the tier of the move from this baseline to a stack; the registry's tiers start at its own baseline.

    A run describes both stacks. The same framework needs no rewrite, another framework does.
    """
    tier, framework = stack.tier, stack.framework
    if tier in _ANYWHERE or baseline.tier == "baseline" or not framework or not baseline.framework:
        return tier
    if framework != baseline.framework:
        return "rewrite" if tier in _WITHIN else tier
    if any(getattr(stack, name) != getattr(baseline, name) for name in ("app", "inference", "batch_size")):
        return "code"
    if stack.server != baseline.server:
        return "server"
    return "settings" if stack.worker_class == baseline.worker_class else "worker-class"


def _summary(name: str, stack: StackFacts, baseline: StackFacts) -> str:
    framework = stack.framework
    if stack.interpreter != baseline.interpreter and _differ_by_interpreter_alone(stack, baseline):
        return f"Run it on Python {stack.interpreter} instead of {baseline.interpreter}"
    if stack.proxy != baseline.proxy and _differ_by_proxy_alone(stack, baseline):
        return f"Put it behind {stack.proxy}" if stack.proxy else "Take the proxy away from before it"
    if not framework:
        return f"Change to {name}"
    if stack.framework == TRITON:
        return "Move the model to a Triton server"
    model = _model_change(stack, baseline)
    if framework != baseline.framework:
        return f"Move to {_title(framework)} on {_server(stack)}{f' and {model}' if model else ''}"
    # The place of the model matters most; the numbers of workers follow from it.
    return f"Stay on {_title(framework)}, {model or _change_within(name, stack, baseline)}"


def _differ_by_interpreter_alone(stack: StackFacts, baseline: StackFacts) -> bool:
    return _without_interpreter(stack) == _without_interpreter(baseline)


def _differ_by_proxy_alone(stack: StackFacts, baseline: StackFacts) -> bool:
    """Return whether two stacks are one but for the proxy, whose tiers and summaries may differ."""
    return replace(stack, tier="", summary="", proxy=None) == replace(baseline, tier="", summary="", proxy=None)


def _without_interpreter(facts: StackFacts) -> StackFacts:
    """Return what a stack is but for its interpreter, which the first word of a command may be."""
    command = facts.command[1:] if facts.command else None
    return replace(facts, tier="", summary="", interpreter=None, command=command)


def _change_within(name: str, stack: StackFacts, baseline: StackFacts) -> str:
    """Return the change within one framework as an imperative."""
    if stack.app != baseline.app:
        return "change the handlers"
    if _server(stack) != _server(baseline):
        return f"serve it with {_server(stack)}"
    return _changed(stack, baseline) or _set(stack, baseline) or f"use the settings of {name}"


def _model_change(stack: StackFacts, baseline: StackFacts) -> str | None:
    """Return the change of the model as an imperative; None if it runs as before or where the framework puts it."""
    if stack.inference == baseline.inference and stack.batch_size == baseline.batch_size:
        return None
    match stack.inference:
        case "executor":
            return f"run the model on a pool of {_threads(stack)}"
        case "batched":
            return f"micro-batch up to {stack.batch_size} requests on a pool of {_threads(stack)}"
        case "triton":
            return "run the model on a Triton server"
        case "inline" if stack.framework == baseline.framework:
            return "run the model in the handler"
        case _:
            return None


def _threads(stack: StackFacts) -> str:
    count = stack.pool or 1
    return f"{count} thread{'' if count == 1 else 's'}"


def _server(stack: StackFacts) -> str:
    worker_class = stack.worker_class
    server = _title(stack.server)
    return f"{server}'s {worker_class} workers" if worker_class else server


def _changed(stack: StackFacts, baseline: StackFacts) -> str | None:
    """Return the new workers and threads beside the old ones: neither number says anything without the other."""
    numbers = [(each.worker_count, each.threads) for each in (stack, baseline)]
    if numbers[0] == numbers[1] or not all(isinstance(each, int) for pair in numbers for each in pair):
        return None
    return f"run {_workers_and_threads(stack)} instead of {_workers_and_threads(baseline)}"


def _set(stack: StackFacts, baseline: StackFacts) -> str | None:
    """Return the variables that differ as an imperative; None if none does, or if one is only left out."""
    new = {
        name: value for name, value in (stack.settings or {}).items() if (baseline.settings or {}).get(name) != value
    }
    return f"set {', '.join(f'{name}={value}' for name, value in new.items())}" if new else None


def _workers_and_threads(facts: StackFacts) -> str:
    workers = _PER_CPU.get(facts.workers) or counted(facts.worker_count or 0, "worker")
    return f"{workers} x {counted(facts.threads or 0, 'thread')}"


def _title(name: object) -> str:
    return _TITLES.get(str(name), str(name))
