"""Starting Triton: its command line, its environment, and one sentence if it cannot start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel_servers.models.triton.repository import DEFAULT
from stackduel_servers.triton.flags import flags
from stackduel_servers.triton.installation import Installation, TritonError
from stackduel_servers.triton.leftovers import prefix, remove_left
from stackduel_servers.triton.serving import models_of

ROOT = Path(__file__).parents[3]
PLACE = Installation(Path("/t/bin/tritonserver"), Path("/t/backends"), Path("/t/packages"))


def made(http_port: int | None, grpc_port: int | None, *, has_gpu: bool = False) -> tuple[str, ...]:
    return flags(
        PLACE,
        Path("/t/repository"),
        ("speech", "fast-cnn"),
        loaders=2,
        host="127.0.0.1",
        http_port=http_port,
        grpc_port=grpc_port,
        shared_memory="stackduel-7-",
        has_gpu=has_gpu,
    )


def test_the_command_line() -> None:
    """Every model is named, readiness covers all of them, and it listens on the given address and ports."""
    command = made(8090, 8091)
    assert command[0] == "/t/bin/tritonserver"
    assert {
        "--model-repository=/t/repository",
        "--backend-directory=/t/backends",
        "--backend-config=python,shm-region-prefix-name=stackduel-7-",
        "--model-control-mode=explicit",
        "--load-model=speech",
        "--load-model=fast-cnn",
        "--strict-readiness=true",
        "--model-load-thread-count=2",
        "--allow-http=true",
        "--http-address=127.0.0.1",
        "--http-port=8090",
        "--allow-grpc=true",
        "--grpc-address=127.0.0.1",
        "--grpc-port=8091",
        "--allow-gpu-metrics=false",
        "--log-verbose=0",
    } < set(command)


def test_a_protocol_without_a_port_is_off() -> None:
    """A stack listens only on the port of its protocol; another default port could be in use."""
    assert "--allow-grpc=false" in made(8090, None)
    assert "--allow-http=false" in made(None, 8091)
    assert not [word for word in made(None, 8091) if word.startswith("--http-")]


def test_with_a_gpu_its_metrics_are_left_alone() -> None:
    """The flag that stops Triton from searching for a GPU is set only without one."""
    assert not [word for word in made(8090, None, has_gpu=True) if "gpu" in word]


@pytest.mark.parametrize(
    ("text", "models"), [(None, DEFAULT), ("", DEFAULT), ("none", ()), ("face  speech", ("face", "speech"))]
)
def test_the_models_to_start_with(text: str | None, models: tuple[str, ...]) -> None:
    """The models are the repository's default, the chosen ones, or none if they are loaded later."""
    assert models_of({} if text is None else {"TRITON_MODELS": text}) == models


def test_an_unknown_model_is_told() -> None:
    """The sentence lists the known models."""
    with pytest.raises(TritonError, match=r"TRITON_MODELS must be none, or some of fast-cnn, .*, not 'whisper'"):
        models_of({"TRITON_MODELS": "speech whisper"})


def test_what_is_missing_ends_with_2_and_one_sentence(tmp_path: Path) -> None:
    """The program names what is missing in one line, without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "stackduel_servers.triton"],
        cwd=ROOT,
        env={**os.environ, "STACKDUEL_TRITON": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("stackduel_servers.triton: Triton ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="shared memory is no folder there")
def test_only_what_dead_servers_left_is_removed(tmp_path: Path) -> None:
    """Segments of ended processes are removed; those of living ones, of other programs and folders stay."""
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    names = {f"{prefix(ended.pid)}a", f"{prefix(os.getpid())}b", "stackduel-x-c", "other-1-d"}
    for name in names:
        (tmp_path / name).touch()
    empty, used = tmp_path / "python_env_abcdef", tmp_path / "python_env_ghijkl"
    empty.mkdir()
    used.mkdir()
    (used / "file").touch()
    folder = tmp_path / f"{prefix(ended.pid)}metrics"
    folder.mkdir()
    assert remove_left(tmp_path, (tmp_path, "python_env_??????")) == [f"{prefix(ended.pid)}a"]
    assert {path.name for path in tmp_path.iterdir()} == (names - {f"{prefix(ended.pid)}a"}) | {used.name, folder.name}
