"""Runs as run.json holds them, and the history of their schema.

Schema 1: the first. What is not measured is null, never absent and never zero. Keys that were added since are read as
null where an older document lacks them, and always written: of a request ``model``, ``given``, ``served_as`` and
``tolerance``, of a load ``server_timing`` and ``rated``, of a trial ``spans_ms`` and ``span_histograms``. Unknown keys
are ignored. To add a key, give it the type ``... | None`` and the default None: reading an older document sets it to
None, and writing adds it as null. A value of a wrong type is an error that names its place, such as
``$.trials[3].block``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from stackduel.model.advice import RunAdvice
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.environment import Environment
from stackduel.model.prices import RequestCost
from stackduel.model.run import Run, Status
from stackduel.model.run_options import RunOptions
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Suite
from stackduel.model.trial import Result
from stackduel.storage.json_values import NonNegative, to_builtins
from stackduel.storage.outcome_documents import (
    IsolatedDocument,
    ServiceLevelDocument,
    finding_from_dict,
    finding_to_dict,
)
from stackduel.storage.redaction import Redaction
from stackduel.storage.trial_document import result_from_dict, result_to_dict

SCHEMA: Final = 1
# What only a stack of the registry has, and what only a user's own one has: the others' documents lack these keys.
REGISTERED_ONLY = (
    "framework", "app", "server", "worker_class", "workers", "worker_count", "threads", "connections", "loop",
    "access_log", "inference", "pool", "batch_size", "companion", "settings",
)  # fmt: skip
OWN_ONLY = ("command", "image", "container_port", "url")
# What a run is found and resumed by.
NEVER_REDACTED = frozenset({"schema", "id", "started", "status", "options", "seed", "baseline", "planned"})


class RunDocument(Struct, frozen=True, kw_only=True):
    """A run of schema 1; trials and findings have documents of their own."""

    schema: Literal[1] = SCHEMA
    id: str
    started: str
    status: Status
    command: tuple[str, ...]
    options: RunOptions
    seed: NonNegative
    environment: Environment
    suite: Suite
    baseline: str
    stacks: Mapping[str, StackFacts]
    planned: NonNegative
    trials: list[dict[str, Any]]
    comparisons: tuple[Comparison, ...]
    limits: tuple[Limit, ...]
    crossover: tuple[CrossoverCurve, ...]
    advice: RunAdvice | None
    findings: list[dict[str, Any]]
    isolated: tuple[IsolatedDocument, ...] = ()
    ceiling_shares: tuple[CeilingShare, ...] = ()
    slas: tuple[ServiceLevelDocument, ...] = ()
    costs: tuple[RequestCost, ...] | None = None
    delays: tuple[Comparison, ...] | None = None


def run_to_dict(run: Run, trials: Sequence[Result] | None = None) -> dict[str, Any]:
    """Return a run as its document, without any of the user's secrets; with ``trials`` in place of its own if given."""
    redaction = redaction_of(run)
    document = RunDocument(
        id=run.run_id,
        started=run.started,
        status=run.status,
        command=run.command,
        options=run.options,
        seed=run.seed,
        environment=run.environment,
        suite=redaction.suite(run.suite),
        baseline=run.baseline,
        stacks=run.stacks,
        planned=run.planned,
        trials=[result_to_dict(result) for result in (run.results if trials is None else trials)],
        comparisons=run.comparisons,
        limits=run.limits,
        crossover=run.curves,
        advice=run.advice,
        findings=[finding_to_dict(finding) for finding in run.findings],
        isolated=tuple(map(IsolatedDocument.of, run.isolated)),
        ceiling_shares=run.ceiling_shares,
        slas=tuple(map(ServiceLevelDocument.of, run.slas)),
        costs=run.costs or None,
        delays=run.delays or None,
    )
    content = to_builtins(document)
    content["stacks"] = {name: _without_absent(facts) for name, facts in content["stacks"].items()}
    return {name: each if name in NEVER_REDACTED else redaction.document(each) for name, each in content.items()}


def redaction_of(run: Run) -> Redaction:
    """Return what hides the secrets of a run, and touches none of its names."""
    return redaction_for(run.secrets, run.suite, tuple(run.stacks))


def redaction_for(secrets: Iterable[str], suite: Suite, stacks: Iterable[str]) -> Redaction:
    """Return what hides these secrets, and touches no name of the suite and of the stacks."""
    return _redaction(tuple(secrets), (suite.name, *stacks, *(each.name for each in suite.scenarios)))


@lru_cache(maxsize=4)
def _redaction(secrets: tuple[str, ...], names: tuple[str, ...]) -> Redaction:
    return Redaction.of(secrets, names)


def run_from_dict(content: Mapping[str, Any]) -> Run:
    """Return the run of a document; raise ValueError with the place where it is none."""
    if isinstance(content, Mapping) and content.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema {content['schema']}, where this version reads schema {SCHEMA}")
    document = msgspec.convert(content, RunDocument)
    return Run(
        run_id=document.id,
        started=document.started,
        status=document.status,
        command=document.command,
        options=document.options,
        seed=document.seed,
        environment=document.environment,
        suite=document.suite,
        baseline=document.baseline,
        stacks=document.stacks,
        planned=document.planned,
        results=_each("trials", document.trials, result_from_dict),
        comparisons=document.comparisons,
        limits=document.limits,
        curves=document.crossover,
        advice=document.advice,
        findings=_each("findings", document.findings, finding_from_dict),
        isolated=tuple(each.result() for each in document.isolated),
        ceiling_shares=document.ceiling_shares,
        slas=tuple(each.result() for each in document.slas),
        costs=document.costs or (),
        delays=document.delays or (),
    )


Item = TypeVar("Item")


def _each(name: str, contents: Sequence[dict[str, Any]], read: Callable[[dict[str, Any]], Item]) -> tuple[Item, ...]:
    """Read each item of a list; an error names the item's place in the whole document."""
    items = []
    for number, content in enumerate(contents):
        try:
            items.append(read(content))
        except ValueError as error:
            where = f"$.{name}[{number}]"
            text = str(error)
            raise ValueError(
                text.replace("`$", f"`{where}", 1) if "`$" in text else f"{text} - at `{where}`"
            ) from error
    return tuple(items)


def _without_absent(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a stack without the keys that its kind of stack does not have."""
    absent = [name for name in OWN_ONLY if facts[name] is None]
    if len(absent) < len(OWN_ONLY):
        absent += REGISTERED_ONLY
    return {name: value for name, value in facts.items() if name not in absent}
