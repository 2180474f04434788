"""The scripts that a user starts by their path: benchmarks/*.py and scripts/*.sh."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ANY_HOST, serving
from tests.registered_ports import registered_ports
from tests.until import until

ROOT = Path(__file__).parents[1]
# The children run what the tests of each command cover.
pytestmark = pytest.mark.usefixtures("uncovered_children")
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


# An installation that needs no network: it makes this very package importable, and its command callable.
BACKEND = """
import base64, hashlib, os, zipfile
FILES = {{
    "stackduel_here.pth": {paths!r},
    "stackduel-0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: stackduel\\nVersion: 0\\n",
    "stackduel-0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "stackduel-0.dist-info/entry_points.txt": "[console_scripts]\\nstackduel = stackduel.__main__:main\\n",
}}
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "stackduel-0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
        wheel.writestr("stackduel-0.dist-info/RECORD", "".join(path + ",,\\n" for path in FILES))
    return name
build_wheel = build_editable
"""


@dataclass(frozen=True)
class Checkout:
    """A checkout whose installation needs no network, and what the first call of its ``bench.sh`` said."""

    folder: Path
    first: subprocess.CompletedProcess[str]


def bench(checkout: Path, *arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``scripts/bench.sh`` from another folder."""
    return script("bench.sh", checkout, *arguments, cwd=cwd, **environ)


def script(name: str, checkout: Path, *arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a script of a checkout from another folder."""
    command = [str(checkout / "scripts" / name), *arguments]
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHON", "VIRTUAL_ENV"}}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command, cwd=cwd, env={**environment, **environ}, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The scripts, in a folder with a blank in its name, after their first call."""
    folder = tmp_path_factory.mktemp("user") / "a checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("requirements", "servers/requirements"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    paths = [str(ROOT / "benchmarks"), str(ROOT / "servers"), *(path for path in sys.path if "site" in path)]
    (folder / "backend.py").write_text(BACKEND.format(paths="\n".join(paths)))
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return Checkout(folder, bench(folder, "--dry-run", "--blocks", "2", cwd=folder.parent))


@POSIX
def test_bench_installs_once_shows_it_and_says_how_to_go_on(checkout: Checkout, tmp_path: Path) -> None:
    """From any folder: the first time it makes an environment and installs; it ends with the line that activates it."""
    first, second = checkout.first, bench(checkout.folder, "--dry-run", cwd=tmp_path)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout.startswith("quick: ")
    *told, last = first.stderr.splitlines()
    assert told[0] == "making .venv"
    assert told[1].startswith("installing stackduel[servers] into .venv: ")
    assert re.fullmatch(r"installed in \d+ s", told[-1])
    assert last.startswith("To use stackduel without this script: source ")
    assert shlex.split(last)[-1] == str(checkout.folder / ".venv" / "bin" / "activate")
    assert second.stderr.splitlines() == [last]
    active = bench(checkout.folder, "--dry-run", cwd=tmp_path, VIRTUAL_ENV=str(checkout.folder / ".venv"))
    assert active.stderr == ""


@POSIX
def test_bench_finds_the_user_s_files_where_it_is_called(checkout: Checkout, tmp_path: Path) -> None:
    """A stacks file beside the user, not beside the script."""
    (tmp_path / "mine.toml").write_text(
        '[stacks.mine]\ncommand = ["python", "app.py", "{port}"]\n[[requests]]\nname = "x"\npath = "/x"\n'
    )
    done = bench(checkout.folder, "--dry-run", "--stacks-file", "mine.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mine" in done.stdout


@POSIX
def test_a_broken_environment_is_made_anew(checkout: Checkout, tmp_path: Path) -> None:
    """Its Python is gone, as after an update of the system: the reason is told, and the same command works."""
    folder = tmp_path / "broken"
    shutil.copytree(checkout.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("lib*"))
    (folder / ".venv" / "bin" / "python").unlink()
    done = bench(folder, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("making .venv anew: its Python does not run, or has no pip\n")
    assert "installed in " in done.stderr


@pytest.mark.parametrize(
    ("stamp", "found", "python", "told"),
    [
        (None, "cpython 3.12", "", None),
        ("cpython 3.12\n{venv}\n", "cpython 3.12", "", None),
        ("cpython 3.12\n{venv}\n", "cpython 3.12", "python3.12", None),
        ("cpython 3.12\n{venv}\n", "cpython 3.12", "python3.13", "it has cpython 3.12, and PYTHON is cpython 3.13"),
        (
            "cpython 3.11\n{venv}\n",
            "cpython 3.12",
            "",
            "it was made for cpython 3.11, and its Python is cpython 3.12 now",
        ),
        ("cpython 3.12\n/old/.venv\n", "cpython 3.12", "", "it was moved here from /old/.venv"),
        (None, "cpython 3.10", "", "its Python is too old"),
        (None, None, "", "its Python does not run, or has no pip"),
    ],
)
def test_what_is_wrong_with_an_environment_is_seen(
    stamp: str | None, found: str | None, python: str, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved, made for another Python, another Python than the one that is asked for; one without a stamp is taken."""
    environment = runpy.run_path(str(ROOT / "scripts" / "environment.py"))
    useless = environment["_useless"]
    path = tmp_path / "stamp"
    monkeypatch.setitem(useless.__globals__, "STAMP", path)
    monkeypatch.setenv("PYTHON", python)
    if stamp is not None:
        path.write_text(stamp.format(venv=environment["VENV"]))
    wanted = f"cpython {python.removeprefix('python') or '3.12'}"
    assert useless(found, wanted) == told


@POSIX
def test_an_installation_that_fails_shows_why(checkout: Checkout, tmp_path: Path) -> None:
    """The last lines of pip, a sentence, and status 2; the next call tries again."""
    project, backend = checkout.folder / "pyproject.toml", checkout.folder / "backend.py"
    before = project.read_text(), backend.read_text()
    project.write_text(f"{before[0]}# changed\n")
    backend.write_text("raise SystemExit('no compiler here')")
    failed = bench(checkout.folder, "--dry-run", cwd=tmp_path)
    project.write_text(before[0])
    backend.write_text(before[1])
    assert failed.returncode == 2
    assert "no compiler here" in failed.stderr
    assert failed.stderr.splitlines()[-1].startswith("installing stackduel[servers] into .venv failed: ")
    assert bench(checkout.folder, "--dry-run", cwd=tmp_path).returncode == 0


@POSIX
def test_service_measures_only_a_server_that_is_well(checkout: Checkout, tmp_path: Path) -> None:
    """Its health is asked first: one that is down or ill is a line and status 3, and nothing is planned."""
    with serving(lambda request: (200 if request.path == "/health" else 404, b"{}")) as well:
        done = script("service.sh", checkout.folder, f"{well.url}/", "--dry-run", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "service: 1 stack, 8 scenarios, 5 blocks")
    assert f"{well.url}/health: 200" in done.stderr
    down = script("service.sh", checkout.folder, well.url, "--dry-run", cwd=tmp_path)
    with serving(lambda _request: (503, b"{}")) as ill:
        refused = script("service.sh", checkout.folder, ill.url, "--dry-run", cwd=tmp_path)
    assert (down.returncode, down.stdout, refused.returncode, refused.stdout) == (3, "", 3, "")
    assert f"{well.url}/health: " in down.stderr
    assert f"{ill.url}/health: answers 503" in refused.stderr


@POSIX
def test_start_servers_serves_until_it_is_interrupted(checkout: Checkout, tmp_path: Path) -> None:
    """The addresses are printed, answer, and are free again after Ctrl-C, whose status it ends with."""
    command = [str(checkout.folder / "scripts" / "start_servers.sh"), "--stacks", "quart-hypercorn"]
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
