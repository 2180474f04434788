"""What it means to move from the baseline to a stack, in a few words made of their settings."""

from __future__ import annotations

from stackduel.analysis.candidates import Migration
from stackduel.model.stack_facts import StackFacts
from stackduel_servers.supported import SERVERS, WEB_FRAMEWORKS

_PROPER = {**WEB_FRAMEWORKS, **{name: server.title for name, server in SERVERS.items()}}

TRITON = "triton"
# What costs the same from everywhere, and what only means something within one framework.
_ANYWHERE = frozenset({"service", "control"})
_WITHIN = frozenset({"baseline", "settings", "worker-class", "code"})


def change_to(name: str, stack: StackFacts, baseline: StackFacts) -> Migration:
    """The change from ``baseline`` to the stack of that name; both as a run describes its stacks."""
    return Migration(stack.tier, _summary(name, stack, baseline))


def tier_from(stack: StackFacts, baseline: StackFacts) -> str:
    """What it costs to move to a stack from this baseline; the registry's tiers are those from its own baseline.

    Both as a run describes its stacks. A framework that stays need not be rewritten, and one that changes must be.
    """
    tier, framework = stack.tier, stack.framework
    if tier in _ANYWHERE or baseline.tier == "baseline" or not framework or not baseline.framework:
        return tier
    if framework != baseline.framework:
        return "rewrite" if tier in _WITHIN else tier
    if any(getattr(stack, name) != getattr(baseline, name) for name in ("app", "inference", "batch_size")):
        return "code"
    return "settings" if _server(stack) == _server(baseline) else "worker-class"


def _summary(name: str, stack: StackFacts, baseline: StackFacts) -> str:
    framework = stack.framework
    if not framework:
        return f"Change to {name}"
    if stack.framework == TRITON:
        return "Move the model to a Triton server"
    model = _model(stack, baseline)
    if framework != baseline.framework:
        return f"Move to {_proper(framework)} on {_server(stack)}{f' and {model}' if model else ''}"
    # Where the model runs is what counts; the numbers of workers follow from that.
    return f"Stay on {_proper(framework)}, {model or _within(name, stack, baseline)}"


def _within(name: str, stack: StackFacts, baseline: StackFacts) -> str:
    """What changes where the framework stays, in an imperative."""
    if stack.app != baseline.app:
        return "change the handlers"
    if _server(stack) != _server(baseline):
        return f"serve it by {_server(stack)}"
    return ", ".join(_changed(stack, baseline)) or f"change to the settings of {name}"


def _model(stack: StackFacts, baseline: StackFacts) -> str | None:
    """What becomes of the model, in an imperative; None where it runs as it did, or wherever the framework puts it."""
    where = stack.inference
    if where == baseline.inference and stack.batch_size == baseline.batch_size:
        return None
    match where:
        case "executor":
            return f"run the model on a pool of {_threads(stack)}"
        case "batched":
            return f"micro-batch up to {stack.batch_size} requests on a pool of {_threads(stack)}"
        case "triton":
            return "have a Triton server run the model"
        case "inline" if stack.framework == baseline.framework:
            return "run the model in the handler"
        case _:
            return None


def _threads(stack: StackFacts) -> str:
    count = stack.pool or 1
    return f"{count} thread{'' if count == 1 else 's'}"


def _server(stack: StackFacts) -> str:
    worker_class = stack.worker_class
    server = _proper(stack.server)
    return f"{server}'s {worker_class} workers" if worker_class else server


def _changed(stack: StackFacts, baseline: StackFacts) -> list[str]:
    found = []
    for setting, noun in (("threads", "threads"), ("worker_count", "workers")):
        before, after = getattr(baseline, setting), getattr(stack, setting)
        if before != after and isinstance(before, int) and isinstance(after, int):
            found.append(f"{'raise' if after > before else 'lower'} {noun} from {before} to {after}")
    return found


def _proper(name: object) -> str:
    return _PROPER.get(str(name), str(name))
