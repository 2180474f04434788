"""The performance suite of a service as tests: ``SERVICE_URL=http://127.0.0.1:8000 pytest -m performance -k service``.

The server at SERVICE_URL must have the endpoints of the music service; without the variable a FastAPI of ours is
started. SERVICE_FILE names a stacks file instead: its own requests, judged by its own thresholds. SERVICE_THRESHOLDS
names a file of other thresholds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stackduel.cli import exit_status
from tests.contract.served import served

pytestmark = pytest.mark.performance

URL, FILE, THRESHOLDS = (os.environ.get(f"SERVICE_{name}") for name in ("URL", "FILE", "THRESHOLDS"))
OURS = "service-fastapi"


@contextmanager
def arguments(folder: Path) -> Iterator[list[str]]:
    """Return the subject of the measurement: the user's file or address, or a server of ours that runs meanwhile."""
    thresholds = ["--thresholds", THRESHOLDS] if THRESHOLDS else []
    if FILE:
        yield ["--stacks-file", FILE, *(["--url", URL] if URL else []), *thresholds]
    elif URL:
        yield ["service", "--url", URL, *thresholds]
    else:
        with served(OURS, folder) as server:
            yield ["service", "--url", f"http://127.0.0.1:{server.port}", *thresholds]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The run.json of one run, with its exit status beside it; what is no matter of thresholds fails at once."""
    folder = tmp_path_factory.mktemp("service")
    with arguments(folder) as options:
        status = exit_status(["run", *options, "--out", str(folder)])
    assert status in {0, 1}, "the service could not be measured; the lines above say why"
    (path,) = folder.glob("*/run.json")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {**document, "status": status}


def levels(measured: dict[str, Any], prefix: str) -> dict[str, str]:
    """The broken levels of the scenarios whose names begin so, with what was measured."""
    judged = [each for each in measured["slas"] if each["scenario"].startswith(prefix)]
    if not judged:
        pytest.skip(f"the thresholds have no bound for {prefix or 'any scenario'}")
    units = ("ms", "share", "rps", "mib")
    return {
        f"{each['scenario']}: {each['name']}": str([each[f"measured_{unit}"] for unit in units])
        for each in judged
        if each["ok"] is False
    }


@pytest.mark.parametrize("prefix", ["response", "throughput", "memory", "mixed"])
def test_the_service_keeps_its_thresholds(prefix: str, measured: dict[str, Any]) -> None:
    """Response time, throughput, growth of memory, and percentiles and failures of the mix are within their bounds."""
    assert not levels(measured, prefix)


def test_nothing_else_is_broken(measured: dict[str, Any]) -> None:
    """No threshold of any scenario fails the run."""
    assert measured["status"] == 0, levels(measured, "")
