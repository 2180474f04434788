"""The export under AIPerf's names: its shape, what is absent, and where the files lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackduel.model.errors import FieldError, StoreError
from stackduel.report.aiperf import export, export_path
from tests.stackduel.makers import STREAMING, run, streamed, trial


def documents(paths: tuple[Path, ...]) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def test_the_streams_of_one_stack_are_one_file_of_aiperf_s_shape(tmp_path: Path) -> None:
    """Times in milliseconds with their percentiles, counts and rates as a single value each."""
    made = run([streamed("slow", 10, block=block) for block in (1, 2)], scenarios=(STREAMING,))
    (path,) = export(made, tmp_path / "aiperf.json")
    (document,) = documents((path,))
    assert path == tmp_path / "aiperf.json"
    assert document["schema_version"] == "1.1"
    assert document["request_count"] == {"unit": "requests", "avg": 16}
    assert document["request_throughput"] == {"unit": "requests/sec", "avg": 4.0}
    assert document["benchmark_duration"] == {"unit": "sec", "avg": 4.0}
    chunks = document["inter_chunk_latency"]
    assert (chunks["unit"], chunks["count"]) == ("ms", 2_000)
    assert chunks["p99"] == pytest.approx(10, rel=0.001)
    assert {"avg", "min", "max", "std", "sum", "p1", "p50"} < set(chunks)


def test_what_was_not_measured_is_absent(tmp_path: Path) -> None:
    """No token, no failure, no percentile of too few values is a zero."""
    made = run([streamed("slow", 10)], scenarios=(STREAMING,))
    (document,) = documents(export(made, tmp_path / "aiperf.json"))
    assert not [name for name in document if "output" in name or "token_count" in name or "goodput" in name]
    assert "error_request_count" not in document
    assert "inter_token_latency" not in document, "no stream was followed to its end"
    assert "p99" not in document["request_latency"]


def test_each_stack_and_scenario_has_a_file(tmp_path: Path) -> None:
    """Their names stand before the ending."""
    made = run([streamed("slow", 10), streamed("fast", 20)], scenarios=(STREAMING,))
    names = [path.name for path in export(made, tmp_path / "x-aiperf.json")]
    assert names == ["x-slow.chat-8.aiperf.json", "x-fast.chat-8.aiperf.json"]


def test_a_run_without_streams_has_no_export(tmp_path: Path) -> None:
    """It says so, and writes nothing."""
    with pytest.raises(StoreError, match="no event stream was measured"):
        export(run([trial("slow", 10)]), tmp_path / "aiperf.json")
    assert not list(tmp_path.iterdir())


def test_a_path_that_is_none_for_an_export_is_refused(tmp_path: Path) -> None:
    """Before anything is measured; the message names the option."""
    with pytest.raises(FieldError, match="--export: must be a file whose name ends with aiperf"):
        export_path(tmp_path / "streams.json")
    with pytest.raises(FieldError, match="--export: its folder must exist"):
        export_path(tmp_path / "none" / "aiperf.json")
