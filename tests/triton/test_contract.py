"""The stacks of Triton held to the contracts, as ``stackduel verify`` holds every other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.triton

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_every_stack_answers_as_its_contract_says() -> None:
    """Triton gives the models' numbers; what FastAPI answers by its help is what every stack answers, errors too."""
    names = "triton,triton-grpc,fastapi-triton,fastapi-triton-unpooled"
    done = subprocess.run(
        [sys.executable, "-m", "stackduel", "verify", "--stacks", names],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "triton: 4 answers right" in lines
    assert "WRONG" not in done.stdout
    assert sum(line.endswith("answers right") for line in lines) == 4
