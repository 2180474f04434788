"""The files of the profile ``monitoring``: made by their script, valid, and confined."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from stackduel_servers.registry import load_registry
from tests.monitoring.watching import FOLDER, tool

ROOT = Path(__file__).parents[2]
STACKS_JSON = FOLDER / "grafana" / "dashboards" / "stacks.json"
DASHBOARD = json.loads(STACKS_JSON.read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
WATCHERS = {name: service for name, service in COMPOSE["services"].items() if service.get("profiles") == ["monitoring"]}
SOURCE = {"type": "object", "required": ["type", "uid"], "properties": {"type": {"const": "prometheus"}}}
QUERY = {
    "type": "object",
    "required": ["refId", "expr", "legendFormat", "datasource"],
    "properties": {
        "refId": {"pattern": "^[A-Z]$"},
        "expr": {"type": "string", "minLength": 1},
        "datasource": SOURCE,
    },
}
PLACE = {
    "type": "object",
    "required": ["h", "w", "x", "y"],
    "properties": {
        "h": {"type": "integer", "minimum": 1},
        "w": {"type": "integer", "minimum": 1, "maximum": 24},
        "x": {"type": "integer", "minimum": 0, "maximum": 23},
        "y": {"type": "integer", "minimum": 0},
    },
}
# What Grafana 11 needs of a dashboard that it reads from a file, in its own names.
SCHEMA = {
    "type": "object",
    "required": ["uid", "title", "schemaVersion", "panels", "templating", "annotations", "time", "refresh"],
    "properties": {
        "uid": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
        "schemaVersion": {"type": "integer", "minimum": 36, "maximum": 41},
        "panels": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "title", "gridPos"],
                "properties": {"id": {"type": "integer", "minimum": 1}, "gridPos": PLACE},
                "oneOf": [
                    {"properties": {"type": {"const": "row"}, "panels": {"maxItems": 0}}, "required": ["collapsed"]},
                    {
                        "properties": {
                            "type": {"const": "timeseries"},
                            "targets": {"type": "array", "minItems": 1, "items": QUERY},
                            "fieldConfig": {"type": "object", "required": ["defaults", "overrides"]},
                        },
                        "required": ["targets", "fieldConfig"],
                    },
                ],
            },
        },
        "annotations": {
            "type": "object",
            "properties": {
                "list": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["name", "enable", "iconColor", "expr", "titleFormat"]},
                }
            },
            "required": ["list"],
        },
    },
}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """``scripts/monitoring.py``, as a module."""
    spec = importlib.util.spec_from_file_location("monitoring_script", ROOT / "scripts" / "monitoring.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their own module up.
    import sys

    sys.modules["monitoring_script"] = module
    spec.loader.exec_module(module)
    return module


def test_the_files_are_what_the_script_makes(script: ModuleType) -> None:
    """Neither the dashboard nor the targets were changed by hand: python scripts/monitoring.py writes them anew."""
    made: dict[Path, str] = script.files()
    assert set(made) == {STACKS_JSON, FOLDER / "targets.json"}
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, path


def test_the_dashboard_has_the_form_that_grafana_reads() -> None:
    """It fits our schema, Grafana's own types read it whole, and no panel lies on another."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(DASHBOARD)
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))
    own = {"titleFormat", "textFormat", "tagKeys", "useValueForTime"}  # Prometheus' own, which those types leave out
    for written, known in zip(DASHBOARD["annotations"]["list"], read["annotations"]["list"], strict=True):
        assert {key: value for key, value in written.items() if key not in own} == known
    assert {**read, "annotations": None} == {**DASHBOARD, "annotations": None}
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_row_of_a_stack_asks_for_that_stack_alone() -> None:
    """The row is there once for each stack: none of its queries mixes stacks."""
    rows = [panel for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert [row.get("repeat") for row in rows] == [None, None, "stack"]
    of_stack = DASHBOARD["panels"][DASHBOARD["panels"].index(rows[-1]) + 1 :]
    assert of_stack
    for target in (target for panel in of_stack for target in panel["targets"]):
        assert 'stack="$stack"' in target["expr"]


def test_every_stack_with_metrics_is_a_target() -> None:
    """Prometheus knows each stack of the compose project by its name and port, and no other."""
    found = {each["labels"]["stack"]: each["targets"] for each in json.loads((FOLDER / "targets.json").read_text())}
    services = {name for name, service in COMPOSE["services"].items() if "stackduel.stack" in service.get("labels", {})}
    entries = load_registry().entries
    assert found == {
        name: [f"{name}:{entries[name].port}"] for name in services if entries[name].server != "tritonserver"
    }
    for name in found:
        assert COMPOSE["services"][name]["environment"]["METRICS"] == "${STACKDUEL_METRICS:-off}"


def test_promtool_finds_nothing_wrong() -> None:
    """Debian's promtool takes the configuration with its targets, and the rules."""
    for words in (("config", "prometheus.yml"), ("rules", "rules.yml")):
        command = [tool("promtool"), "check", words[0], str(FOLDER / words[1])]
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert found.returncode == 0, found.stdout + found.stderr
        assert "SUCCESS" in found.stdout


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    """A stack that fails one request in ten is reported after a minute, one that fails none is not."""
    failing = 'stackduel_requests_total{stack="bad",route="/",status="500"}'
    good = 'stackduel_requests_total{stack="%s",route="/",status="200"}'
    tests = {
        "rule_files": [str(FOLDER / "rules.yml")],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "5s",
                "input_series": [
                    {"series": failing, "values": "0+1x60"},
                    {"series": good % "bad", "values": "0+9x60"},
                    {"series": good % "fine", "values": "0+10x60"},
                ],
                "alert_rule_test": [
                    {"eval_time": "30s", "alertname": "StackFailsRequests", "exp_alerts": []},
                    {
                        "eval_time": "3m",
                        "alertname": "StackFailsRequests",
                        "exp_alerts": [
                            {
                                "exp_labels": {"stack": "bad"},
                                "exp_annotations": {"summary": "bad fails 10% of its requests"},
                            }
                        ],
                    },
                ],
            }
        ],
    }
    file = tmp_path / "alerts.yml"
    file.write_text(yaml.safe_dump(tests))
    command = [tool("promtool"), "test", "rules", str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_what_watches_is_confined(name: str) -> None:
    """Pinned, no root, no capability, nothing to write but memory and its own data, reachable from here only."""
    assert set(WATCHERS) == {"prometheus", "grafana"}
    service = WATCHERS[name]
    assert service["image"].rpartition(":")[2].removeprefix("v").count(".") == 2
    assert int(service["user"].partition(":")[0]) > 0
    assert service["read_only"] is service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["mem_limit"] == service["memswap_limit"]
    assert not {"privileged", "network_mode", "cap_add", "pid", "ipc", "cpuset"} & set(service)
    for mount in service["volumes"]:
        source, _, rest = mount.partition(":")
        assert rest.endswith(":ro") or source in COMPOSE["volumes"], mount
        assert not source.startswith(".") or (ROOT / source).exists(), mount


def test_grafana_finds_the_source_and_the_dashboard() -> None:
    """The provisioned source has the id that the queries name, and the dashboard lies where it is sought."""
    provisioning = FOLDER / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((provisioning / "dashboards" / "stacks.yml").read_text())["providers"]
    used = {target["datasource"]["uid"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])}
    assert used == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"
    inside = dict(reversed(mount.split(":")[:2]) for mount in WATCHERS["grafana"]["volumes"])
    assert (ROOT / inside[provider["options"]["path"]]).resolve() == STACKS_JSON.parent
    home = WATCHERS["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/{STACKS_JSON.name}"
