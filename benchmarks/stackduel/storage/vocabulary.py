"""The words of run.json: its keys, and every value that one of its keys is limited to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_args

import msgspec

from stackduel.model.advice import RunAdvice
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.environment import Environment
from stackduel.model.findings import SearchResult
from stackduel.model.prices import RequestCost
from stackduel.model.run import Run, Status
from stackduel.model.run_options import RunOptions
from stackduel.model.secrecy import SHORTEST
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Suite
from stackduel.storage.outcome_documents import FindingHead, IsolatedDocument, ServiceLevelDocument
from stackduel.storage.trial_document import FailureDocument, TrialDocument

_TYPES = (
    RunAdvice, CeilingShare, Comparison, Limit, CrossoverCurve, Environment, SearchResult, RunOptions, StackFacts,
    Suite, FindingHead, IsolatedDocument, ServiceLevelDocument, FailureDocument, TrialDocument,
    RequestCost,
)  # fmt: skip


@cache
def vocabulary() -> frozenset[str]:
    """Return the words in small letters, and the parts of those that consist of several."""
    words = {"id", "trials", "schema", "crossover", *get_args(Status), *(each.name for each in fields(Run))}
    words.update(_words_of(msgspec.json.schema_components(_TYPES)[1]))
    return frozenset(words | {part for word in words for part in re.split(r"[^a-z]+", word) if len(part) >= SHORTEST})


def _words_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, each in schema.items():
            if key == "properties":
                yield from (name.lower() for name in each)
            if key in {"enum", "const"}:
                yield from (str(value).lower() for value in (each if isinstance(each, list) else [each]))
            yield from _words_of(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _words_of(each)
