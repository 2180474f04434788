"""The scripts that a user starts by their path: benchmarks/*.py and scripts/*.sh."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ANY_HOST
from tests.registered_ports import registered_ports
from tests.until import until

ROOT = Path(__file__).parents[1]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
# As small as the classic suite gets: one stack beside the baseline, one block.
SMALL = ("--stacks", "flask-gunicorn,fastapi-uvicorn", "--blocks", "1", *ANY_HOST)


def entry(name: str, *arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A file of benchmarks/, started from another folder."""
    command = [sys.executable, str(ROOT / "benchmarks" / name), *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, timeout=240, check=False
    )


def test_benchmark_compares_the_classic_stacks(tmp_path: Path) -> None:
    """From any folder: the plan of the classic suite, and what else is asked of it."""
    done = entry("benchmark.py", "--dry-run", "--blocks", "2", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("classic: ")
    assert "2 blocks" in done.stdout.splitlines()[0]
    assert not list(tmp_path.iterdir())


def test_benchmark_measures_and_stores_a_command_that_repeats_it(tmp_path: Path) -> None:
    """The run lies in the results of the folder from which it was started, with the whole command."""
    command = [sys.executable, str(ROOT / "benchmarks" / "benchmark.py"), *SMALL]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert until(lambda: trials(tmp_path) or process.poll() is not None, within_s=120)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    (path,) = tmp_path.glob("results/*/run.json")
    assert json.loads(path.read_text(encoding="utf-8"))["command"] == ["stackduel", "run", "classic", *SMALL]
    assert set(trials(tmp_path)) <= {"flask-gunicorn", "fastapi-uvicorn"}


def trials(folder: Path) -> list[str]:
    """The stacks whose trials the run in this folder has stored so far."""
    paths = folder.glob("results/*/run.json")
    return [each["stack"] for path in paths for each in json.loads(path.read_text(encoding="utf-8"))["trials"]]


def test_benchmark_docker_says_what_is_missing(tmp_path: Path) -> None:
    """Without an engine it is one sentence and the status of a stack that could not be measured."""
    done = entry("benchmark_docker.py", cwd=tmp_path, DOCKER_HOST=f"unix://{tmp_path}/no-engine.sock")
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) <= 2
    assert done.stderr.startswith("stackduel: no Docker engine answers at unix://")
    assert not list(tmp_path.iterdir())


def test_quick_test_checks_the_answers(tmp_path: Path) -> None:
    """It is ``stackduel verify``: every answer of a stack is held to the contract."""
    done = entry("quick_test.py", "--stacks", "quart-hypercorn", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert " answers right" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts in a checkout whose environment, and its installation, are this one."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("pyproject.toml", "requirements", "servers/requirements"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    scripts = folder / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "stackduel").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stackduel "$@"\n')
    # Installing does nothing but say what it was asked for.
    (scripts / "python").write_text('#!/bin/sh\necho "$@" >>"$(dirname "$0")/installed"\n')
    for path in scripts.iterdir():
        path.chmod(0o755)
    return folder


@POSIX
def test_bench_installs_once_and_runs(checkout: Path, tmp_path: Path) -> None:
    """From any folder: it sets itself up the first time, and passes its arguments to ``stackduel run``."""
    command = [str(checkout / "scripts" / "bench.sh"), "--dry-run", "--blocks", "2"]
    first, second = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False) for _ in range(2)
    )
    assert (first.returncode, first.stderr) == (second.returncode, second.stderr) == (0, "")
    assert first.stdout.startswith("installing stackduel[servers] into .venv\nquick: ")
    assert second.stdout.startswith("quick: ")
    assert (checkout / ".venv" / "bin" / "installed").read_text().endswith("--editable .[servers]\n")


@POSIX
def test_start_servers_serves_until_it_is_interrupted(checkout: Path, tmp_path: Path) -> None:
    """The addresses are printed, answer, and are free again after Ctrl-C, whose status it ends with."""
    command = [str(checkout / "scripts" / "start_servers.sh"), "--stacks", "quart-hypercorn"]
    log = tmp_path / "serve.log"
    with registered_ports(), log.open("w") as output:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=output)
        assert until(lambda: "Ctrl-C stops them all." in log.read_text() or process.poll() is not None, within_s=60)
        assert "quart-hypercorn: http://127.0.0.1:8003\n" in log.read_text()
        with urllib.request.urlopen("http://127.0.0.1:8003/health", timeout=10) as answer:
            assert json.load(answer)["stack"] == "quart-hypercorn"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        for port in (8003, 8009):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0
