"""Suite <-> its part of run.json; header values that may be secret are left out (pure)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stackduel.model.model_input import ModelInput
from stackduel.model.search_settings import settings_from_dict, settings_to_dict
from stackduel.model.suite import PLAIN_HEADERS, Scenario, ServiceLevel, Suite, Workload, load_from_dict
from stackduel.storage.redaction import REDACTED


def suite_to_dict(suite: Suite) -> dict[str, Any]:
    """The document of a suite; header values that may be secret are left out."""
    content = {**asdict(suite), "search": settings_to_dict(suite.search)}
    for shown, scenario in zip(content["scenarios"], suite.scenarios, strict=True):
        shown["load"] = scenario.load.to_dict()
        shown["workloads"] = [workload_to_dict(workload) for workload in scenario.workloads]
        shown["victim"] = workload_to_dict(scenario.victim) if scenario.victim else None
    return content


def suite_from_dict(content: Mapping[str, Any]) -> Suite:
    """The suite of a document."""
    scenarios = tuple(
        Scenario(
            name=shown["name"],
            workloads=tuple(workload_from_dict(each) for each in shown["workloads"]),
            load=load_from_dict(shown["load"]),
            summary=shown["summary"],
            victim=workload_from_dict(shown["victim"]) if shown["victim"] else None,
            sla=tuple(ServiceLevel(**each) for each in shown.get("sla", ())),
        )
        for shown in content["scenarios"]
    )
    search = settings_from_dict(content["search"])
    stacks, duel = tuple(content["stacks"]), tuple(content.get("duel", ()))
    return Suite(**{**content, "stacks": stacks, "scenarios": scenarios, "search": search, "duel": duel})


def workload_to_dict(workload: Workload) -> dict[str, Any]:
    """The document of a workload; header values that may be secret are left out."""
    return {
        **asdict(workload),
        "body": base64.b64encode(workload.body).decode(),
        "headers": [[name, value if name.lower() in PLAIN_HEADERS else REDACTED] for name, value in workload.headers],
    }


def workload_from_dict(content: Mapping[str, Any]) -> Workload:
    """The workload of a document."""
    headers = tuple((name, value) for name, value in content["headers"])
    given = content.get("given")
    return Workload(
        **{
            **content,
            "body": base64.b64decode(content["body"]),
            "headers": headers,
            "given": None if given is None else ModelInput(**given),
        }
    )
