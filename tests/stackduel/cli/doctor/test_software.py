"""Doctor's words on the software that local runs need."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.cli.doctor import software
from stackduel.planning.postgres_installation import PostgresInstallation


def test_a_missing_postgresql_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It limits suites that need it, and nothing else."""
    monkeypatch.setattr(software, "postgres_server", lambda: None)
    found = software._postgres()
    assert found.state == "limit"
    assert "not installed: apt-get install postgresql" in found.detail


def test_postgresql_is_told_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or that it does not start."""
    (tmp_path / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.18'\n")
    (tmp_path / "postgres").chmod(0o755)
    monkeypatch.setattr(software, "postgres_server", lambda: PostgresInstallation(tmp_path))
    found = software._postgres()
    assert (found.state, found.detail) == ("good", f"15.18 in {tmp_path}")
    (tmp_path / "postgres").unlink()
    assert software._postgres().state == "limit"
