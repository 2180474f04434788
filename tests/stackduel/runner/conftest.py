"""The scene of each test of a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.run_options import RunOptions
from tests.stackduel.runner.scene import STACKS, SUITE, Bench, Scene, spreading


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    (tmp_path / "stacks.toml").write_text(STACKS)
    (tmp_path / "suite.toml").write_text(SUITE)
    options = RunOptions(
        suite=str(tmp_path / "suite.toml"), stacks_file=str(tmp_path / "stacks.toml"), launcher="url", seed=7
    )
    return Scene(tmp_path, options, Bench(spreading))
