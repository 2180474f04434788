"""Whole runs with prices: what a million requests cost stands beside the speedup in every form of the report."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST, serving

SERVER = Path(__file__).with_name("failing_server.py")
REQUEST = """
[[requests]]
name = "page"
path = "/"
[load]
connections = 2
duration_s = 0.3
"""


def stacks_file(folder: Path, stacks: str) -> str:
    path = folder / "mine.toml"
    path.write_text(f"price = {{ cpu_hour = 1000, gib_hour = 1000 }}\n{stacks}{REQUEST}", encoding="utf-8")
    return str(path)


def measured(folder: Path, file: str, blocks: int, *options: str) -> Path:
    """The folder of a run that ended well."""
    arguments = ["run", "--stacks-file", file, "--blocks", str(blocks), "--out", str(folder / "results")]
    gates = ["--gate", "littles_law=1", "--gate", "headroom=0.01"]
    assert exit_status([*arguments, *ANY_HOST, *gates, *options]) == 0
    (found,) = (path for path in (folder / "results").iterdir() if path.is_dir())
    return found


def test_costs_stand_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the terminal, report.md, report.html, trials.csv and run.json, with an interval from five blocks on."""
    command = json.dumps([sys.executable, str(SERVER), "{port}", "none"])
    stacks = "".join(f"[stacks.{name}]\ncommand = {command}\n" for name in ("one", "other"))
    folder = measured(tmp_path, stacks_file(tmp_path, stacks), 5)
    assert "cost/M" in capsys.readouterr().out
    assert "| cost/M |" in (folder / "report.md").read_text()
    assert "at 1000 for a core and 1000 for a GiB of memory for an hour" in (folder / "report.md").read_text()
    assert "cost/M" in (folder / "report.html").read_text()
    costs = {each["stack"]: each for each in json.loads((folder / "run.json").read_text())["costs"]}
    assert {"one", "other"} <= set(costs)
    assert 0 < costs["one"]["low"] <= costs["one"]["per_million"] <= costs["one"]["high"]
    rows = list(csv.DictReader((folder / "trials.csv").read_text().splitlines()))
    least, most = 0.5 * costs["one"]["low"], 2 * costs["one"]["high"]
    assert all(least < float(row["cost_per_million"]) < most for row in rows if row["stack"] == "one")


def test_a_server_elsewhere_has_no_cost_and_says_so(tmp_path: Path) -> None:
    """Its CPU and memory are nobody's to read; the command line's prices replace those of the file."""
    with serving(lambda _request: (200, b"here")) as address:
        file = stacks_file(tmp_path, f'[stacks.there]\nurl = "{address.url}"\n')
        folder = measured(tmp_path, file, 1, "--price", "cpu-hour=0.04", "--quiet")
    document = json.loads((folder / "run.json").read_text())
    assert document["suite"]["prices"] == {"cpu_hour": 0.04, "gib_hour": 0.0}
    assert [each["per_million"] for each in document["costs"]] == [None]
    text = (folder / "report.md").read_text()
    assert "No cost of there: CPU and memory are not measured, as it runs elsewhere." in text
    assert "cost/M" not in text
