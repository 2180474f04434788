"""Names of a move to a stack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from stackduel.analysis.migration import change_to, tier_from
from stackduel.model.stack_facts import StackFacts
from stackduel.planning.registry import registered_stacks

FLASK = msgspec.convert(
    {
        "tier": "baseline",
        "framework": "flask",
        "app": "a:app",
        "server": "gunicorn",
        "worker_class": "gthread",
        "worker_count": 4,
        "threads": 2,
        "inference": "inline",
    },
    StackFacts,
)


@pytest.mark.parametrize(
    ("other", "summary"),
    [
        ({"threads": 64}, "Stay on Flask, run 4 workers x 64 threads instead of 4 workers x 2 threads"),
        ({"worker_count": 1}, "Stay on Flask, run 1 worker x 2 threads instead of 4 workers x 2 threads"),
        (
            {"threads": 256, "worker_count": 1, "workers": "cpu"},
            "Stay on Flask, run 1 worker a CPU x 256 threads instead of 4 workers x 2 threads",
        ),
        (
            {"threads": 1, "worker_count": 3, "workers": "2cpu+1"},
            "Stay on Flask, run 2 x CPUs + 1 workers x 1 thread instead of 4 workers x 2 threads",
        ),
        ({"worker_class": "gevent", "threads": None}, "Stay on Flask, serve it with Gunicorn's gevent workers"),
        ({"server": "waitress", "worker_class": None}, "Stay on Flask, serve it with Waitress"),
        ({"app": "b:app"}, "Stay on Flask, change the handlers"),
        (
            {"framework": "fastapi", "server": "uvicorn", "worker_class": None, "app": "c:app"},
            "Move to FastAPI on Uvicorn",
        ),
        ({"framework": "bottle", "server": "bjoern", "worker_class": None}, "Move to bottle on bjoern"),
        ({"threads": None}, "Stay on Flask, use the settings of other"),
        ({"connections": 9}, "Stay on Flask, use the settings of other"),
        ({"settings": {"BACKLOG": "4096", "LOOP": "asyncio"}}, "Stay on Flask, set BACKLOG=4096, LOOP=asyncio"),
        (
            {"inference": "executor", "pool": 2, "worker_count": 1, "threads": 256},
            "Stay on Flask, run the model on a pool of 2 threads",
        ),
        (
            {"inference": "batched", "pool": 1, "batch_size": 8},
            "Stay on Flask, micro-batch up to 8 requests on a pool of 1 thread",
        ),
        (
            {"framework": "fastapi", "server": "uvicorn", "worker_class": None, "inference": "executor", "pool": 2},
            "Move to FastAPI on Uvicorn and run the model on a pool of 2 threads",
        ),
        (
            {"framework": "fastapi", "server": "uvicorn", "worker_class": None, "inference": "triton"},
            "Move to FastAPI on Uvicorn and run the model on a Triton server",
        ),
        (
            {"framework": "quart", "server": "hypercorn", "worker_class": None, "inference": "threads"},
            "Move to Quart on Hypercorn",
        ),
        ({"framework": "triton", "server": "triton", "worker_class": None}, "Move the model to a Triton server"),
    ],
)
def test_the_change_is_named_by_the_settings_that_differ(other: dict[str, Any], summary: str) -> None:
    """Framework before handlers before server before numbers, which are both named."""
    change = change_to("other", replace(FLASK, tier="code", **other), FLASK)
    assert (change.tier, change.summary) == ("code", summary)


def test_a_proxy_alone_is_the_change() -> None:
    """With the same stack without one, or behind one that is set otherwise; with another stack it is that stack."""
    proxy = "nginx, proxy_buffering off"
    behind = replace(FLASK, tier="settings", summary="x", proxy=proxy)
    assert change_to("b", behind, FLASK).summary == f"Put it behind {proxy}"
    assert change_to("a", FLASK, behind).summary == "Take the proxy away from before it"
    assert change_to("c", replace(behind, threads=64), FLASK).summary.startswith("Stay on Flask, run 4 workers x 64")


def test_a_stack_of_the_users_own_is_named_by_its_name() -> None:
    """Of a command, an image or a URL nothing else is known."""
    assert change_to("mine", StackFacts("rewrite", command=("serve",)), FLASK).summary == "Change to mine"


def test_every_stack_of_the_registry_is_a_change_that_can_be_named() -> None:
    """From the classic baseline each has a server with a name and something to do, and its numbers stand in it."""
    stacks = registered_stacks()
    baseline = stacks["flask-gunicorn"].facts(1)
    found = {
        name: change_to(name, stack.facts(1), baseline).summary
        for name, stack in stacks.items()
        if name != "flask-gunicorn"
    }
    assert not [summary for summary in found.values() if "None" in summary or "settings of" in summary]
    assert found["flask-gthread"] == (
        "Stay on Flask, run 1 worker a CPU x 256 threads instead of 4 workers x 2 threads"
    )
    assert found["fastapi-gunicorn"] == "Move to FastAPI on Gunicorn's asgi workers"


def test_a_model_may_move_within_one_framework() -> None:
    """From a pool back to the handler, to larger batches, and from the framework's own threads."""
    pooled = replace(FLASK, inference="batched", pool=2, batch_size=4)
    assert change_to("other", FLASK, pooled).summary == "Stay on Flask, run the model in the handler"
    larger = replace(pooled, batch_size=8)
    assert change_to("other", larger, pooled).summary == (
        "Stay on Flask, micro-batch up to 8 requests on a pool of 2 threads"
    )
    assert change_to("other", replace(pooled, threads=9), pooled).summary == (
        "Stay on Flask, run 4 workers x 9 threads instead of 4 workers x 2 threads"
    )


@pytest.mark.parametrize(
    ("name", "baseline", "tier"),
    [
        ("fastapi-uvicorn-executor", "fastapi-uvicorn-inline", "code"),
        ("fastapi-uvicorn-batched", "fastapi-uvicorn-executor", "code"),
        ("fastapi-gunicorn", "fastapi-uvicorn", "server"),
        ("fastapi-threadpool", "fastapi-uvicorn", "code"),
        ("flask-gunicorn", "fastapi-uvicorn", "rewrite"),
        ("flask-gthread", "fastapi-uvicorn", "rewrite"),
        ("quart-hypercorn", "fastapi-uvicorn", "framework"),
        ("fastapi-blocking", "fastapi-uvicorn", "control"),
        ("triton", "fastapi-uvicorn", "service"),
        ("fastapi-triton", "fastapi-uvicorn", "service"),
        ("flask-gunicorn-executor", "flask-gunicorn", "code"),
        ("flask-gunicorn-inline", "flask-gunicorn", "settings"),
        ("fastapi-uvicorn-executor", "flask-gunicorn", "rewrite"),
        ("flask-gthread", "flask-gunicorn-inline", "settings"),
        ("flask-gevent", "flask-gunicorn-inline", "worker-class"),
    ],
)
def test_a_move_costs_what_it_costs_from_the_baseline_of_the_run(name: str, baseline: str, tier: str) -> None:
    """Within a framework nothing is rewritten; from one to another settings do not suffice."""
    stacks = registered_stacks()
    here, there = (stacks[each].facts(2) for each in (name, baseline))
    assert tier_from(here, there) == tier


def test_the_tier_of_a_user_s_own_stack_is_the_user_s() -> None:
    """With any baseline."""
    assert tier_from(StackFacts("settings", command=("serve",)), replace(FLASK, tier="rewrite")) == "settings"
