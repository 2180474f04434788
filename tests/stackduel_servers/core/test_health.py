"""The report of ``/health``."""

from __future__ import annotations

import os
import sys

import pytest

from stackduel.verify.contract.cases import HEALTH
from stackduel_servers.core.health import Health, memory_mib
from stackduel_servers.core.settings import Settings


def test_the_report_of_a_service_that_knows_nothing() -> None:
    """Without stackduel_servers.serve, the report has the same keys, with null for unknown values."""
    report = Health("flask", Settings()).report()
    assert tuple(report) == HEALTH.names
    assert report["framework"] == "flask"
    assert {name for name, value in report.items() if value is None} >= {"stack", "server", "workers", "loop"}
    assert report["pid"] == os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the peak is known, or nothing")
def test_memory_is_what_is_resident_now() -> None:
    """Memory that is allocated shows, and memory that is freed shows too."""
    before_mib = memory_mib()
    block = bytearray(os.urandom(1)) * (64 * 1024 * 1024)
    with_block_mib = memory_mib()
    assert before_mib is not None
    assert with_block_mib is not None
    assert with_block_mib - before_mib > 48
    del block
    after_mib = memory_mib()
    assert after_mib is not None
    assert with_block_mib - after_mib > 48
