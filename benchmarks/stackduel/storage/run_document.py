"""Run <-> the document of run.json, and the history of its schema (pure).

Schema 1: the first. What is not measured is null, never absent and never zero. Keys that were added since are read as
null where an older document lacks them, and always written: of a request ``model``, ``given``, ``served_as`` and
``tolerance``, of a load ``server_timing`` and ``rated``, of a trial ``spans_ms`` and ``span_histograms``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from stackduel.model.advice import RunAdvice
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.crossover import CrossoverCurve, CrossoverPoint
from stackduel.model.environment import Environment
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack_facts import StackFacts
from stackduel.model.trial import Result
from stackduel.storage.finding_document import finding_from_dict, finding_to_dict
from stackduel.storage.isolated_document import alone_from_dict, alone_to_dict
from stackduel.storage.redaction import redact
from stackduel.storage.service_level_document import sla_from_dict, sla_to_dict
from stackduel.storage.suite_document import suite_from_dict, suite_to_dict
from stackduel.storage.trial_document import result_from_dict, result_to_dict

SCHEMA = 1


def run_to_dict(run: Run, trials: Sequence[Result] | None = None) -> dict[str, Any]:
    """The document of a run, without any of the user's secrets; with other ``trials`` than its own if any are given."""
    content = {
        "schema": SCHEMA,
        "id": run.run_id,
        "started": run.started,
        "status": run.status,
        "command": list(run.command),
        "options": asdict(run.options),
        "seed": run.seed,
        "environment": asdict(run.environment),
        "suite": suite_to_dict(run.suite),
        "baseline": run.baseline,
        "stacks": {name: stack_document(facts) for name, facts in run.stacks.items()},
        "planned": run.planned,
        "trials": [result_to_dict(result) for result in (run.results if trials is None else trials)],
        "comparisons": [asdict(comparison) for comparison in run.comparisons],
        "limits": [asdict(limit) for limit in run.limits],
        "crossover": [asdict(curve) for curve in run.curves],
        "advice": asdict(run.advice) if run.advice else None,
        "findings": [finding_to_dict(finding) for finding in run.findings],
        "isolated": [alone_to_dict(alone) for alone in run.isolated],
        "ceiling_shares": [asdict(share) for share in run.ceiling_shares],
        "slas": [sla_to_dict(sla) for sla in run.slas],
    }
    return {name: redact(each, run.secrets) for name, each in content.items()}


def run_from_dict(content: Mapping[str, Any]) -> Run:
    """The run of a document; raises KeyError, TypeError or ValueError where it is not one of this schema."""
    if content["schema"] != SCHEMA:
        raise ValueError(f"schema {content['schema']}, where this version reads schema {SCHEMA}")
    return Run(
        run_id=content["id"],
        started=content["started"],
        status=content["status"],
        command=tuple(content["command"]),
        options=msgspec.convert(content["options"], RunOptions),
        seed=content["seed"],
        environment=msgspec.convert(content["environment"], Environment),
        suite=suite_from_dict(content["suite"]),
        baseline=content["baseline"],
        stacks=msgspec.convert(content["stacks"], dict[str, StackFacts]),
        planned=content["planned"],
        results=tuple(result_from_dict(trial) for trial in content["trials"]),
        comparisons=tuple(Comparison(**comparison) for comparison in content["comparisons"]),
        limits=tuple(Limit(**limit) for limit in content["limits"]),
        curves=tuple(curve_from_dict(curve) for curve in content["crossover"]),
        advice=msgspec.convert(content["advice"], RunAdvice | None),
        findings=tuple(finding_from_dict(finding) for finding in content["findings"]),
        isolated=tuple(alone_from_dict(alone) for alone in content.get("isolated", ())),
        ceiling_shares=tuple(CeilingShare(**share) for share in content.get("ceiling_shares", ())),
        slas=tuple(sla_from_dict(sla) for sla in content.get("slas", ())),
    )


def stack_document(facts: StackFacts) -> dict[str, Any]:
    """Return the facts of a stack without the settings that its kind of stack does not have."""
    absent = [name for name in ("command", "image", "container_port", "url") if getattr(facts, name) is None]
    if len(absent) < 4:
        absent += REGISTERED_ONLY
    return {name: value for name, value in asdict(facts).items() if name not in absent}


REGISTERED_ONLY = (
    "framework", "app", "server", "worker_class", "workers", "worker_count", "threads", "connections", "loop",
    "access_log", "inference", "pool", "batch_size", "companion",
)  # fmt: skip


def curve_from_dict(content: Mapping[str, Any]) -> CrossoverCurve:
    """The curve of a document."""
    return CrossoverCurve(
        candidate=content["candidate"],
        scenario=content["scenario"],
        waits_s=tuple(content["waits_s"]),
        connections=tuple(content["connections"]),
        speedups=tuple(tuple(row) for row in content["speedups"]),
        notable_s=tuple(content["notable_s"]),
        measured=tuple(CrossoverPoint(**point) for point in content["measured"]),
    )
