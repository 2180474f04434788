"""Recordings of memray, read."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel.analysis.profiling.conclusion import memory_of
from stackduel.model.errors import FieldError
from stackduel.observe.profiler.memory_records import held_memory, require_memray
from stackduel.observe.profiler.sampler import SamplerError
from stackduel_servers.serve import memray_run
from tests.conftest import unavailable

PROGRAM = """
import os
def holder():
    return bytearray(32 * 1024 * 1024)
def passer_by():
    return len(bytearray(8 * 1024 * 1024))
kept = holder()
for _ in range(3):
    passer_by()
if os.fork() == 0:
    more = holder()
    os._exit(0)
os.wait()
"""


@pytest.fixture(autouse=True)
def installed() -> None:
    """Skip without memray."""
    if importlib.util.find_spec("memray") is None:
        unavailable("profile", "memray is not installed")


def test_who_holds_memory_at_the_peak_is_named_first(tmp_path: Path) -> None:
    """Of a program and its fork, each at its own peak; what was given back counts once at most."""
    program, file = tmp_path / "program.py", tmp_path / "out.bin"
    program.write_text(PROGRAM)
    subprocess.run([sys.executable, *memray_run(str(file)), str(program)], check=True, timeout=120)
    held = held_memory(sorted(tmp_path.glob("out.bin*")))
    memory = memory_of(held.calls, held.processes, "memray")
    first = memory.holders[0]
    assert (first.name, first.layer, memory.processes) == ("holder", "application", 2)
    assert first.mib == pytest.approx(64, abs=1)
    assert memory.peak_mib >= 72
    passing = [each.mib for each in memory.holders if each.name == "passer_by"]
    assert passing == [pytest.approx(8, abs=1)]


def test_what_is_no_recording_is_an_error(tmp_path: Path) -> None:
    """A server that never began to record, and a file that is none, say so."""
    with pytest.raises(SamplerError, match="recorded nothing"):
        held_memory([])
    broken = tmp_path / "x.bin"
    broken.write_bytes(b"no recording")
    with pytest.raises(SamplerError, match="cannot be read"):
        held_memory([broken])


def test_a_missing_memray_is_said_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence has what installs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(FieldError, match=r"--memory: memray is not installed; it is in the extra profile"):
        require_memray()
