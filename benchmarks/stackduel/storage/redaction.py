"""Documents and suites without the user's secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stackduel.model.suite import PLAIN_HEADERS, Scenario, Suite, Workload

REDACTED = "[redacted]"


def redact(value: Any, secrets: Sequence[str]) -> Any:
    """Return the document with every occurrence of a secret in any of its texts replaced."""
    if not secrets:
        return value
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, REDACTED)
        return value
    if isinstance(value, Mapping):
        return {redact(key, secrets): redact(each, secrets) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact(each, secrets) for each in value]
    return value


def without_header_values(suite: Suite) -> Suite:
    """Return the suite without the values of headers that may be secret."""
    return replace(suite, scenarios=tuple(_scenario(each) for each in suite.scenarios))


def _scenario(scenario: Scenario) -> Scenario:
    victim = _workload(scenario.victim) if scenario.victim else None
    return replace(scenario, workloads=tuple(map(_workload, scenario.workloads)), victim=victim)


def _workload(workload: Workload) -> Workload:
    headers = ((name, value if name.lower() in PLAIN_HEADERS else REDACTED) for name, value in workload.headers)
    return replace(workload, headers=tuple(headers))
