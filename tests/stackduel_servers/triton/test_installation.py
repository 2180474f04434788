"""Installing Triton: missing parts are reported with a remedy, and no installation is left half done."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stackduel_servers.triton import installation
from stackduel_servers.triton.installation import REQUIREMENTS, TritonError, home_of, install, locate, pinned
from tests.stackduel_servers.test_requirements import FILES, PIN, pins

HERE = sys.version_info[:2]


@pytest.fixture(autouse=True)
def right_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which Triton runs, whatever this one is."""
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(installation, "PYTHONS", (HERE,))
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: None)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """In the place of pip: the commands that were run, each of which makes the folder that it was told."""
    ran: list[list[str]] = []

    def run(command: tuple[str, ...], **_options: object) -> subprocess.CompletedProcess[str]:
        ran.append(list(command))
        target = Path(command[command.index("--target") + 1])
        (target / "pytriton" / "tritonserver").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_every_line_is_an_exact_pin_and_only_what_triton_needs_differs() -> None:
    """Only NumPy's version may differ from the other requirement files."""
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    assert all(PIN.fullmatch(line) for line in lines)
    ours = pins(REQUIREMENTS)
    others: dict[str, str] = {}
    for path in FILES:
        others |= pins(path)
    assert {name for name, number in ours.items() if others.get(name, number) != number} == {"numpy"}
    assert ours["numpy"].startswith("1.")


def test_an_installation_is_made_once(tmp_path: Path, pip: list[list[str]]) -> None:
    """The pinned packages are installed without dependencies; a second call does nothing."""
    said: list[str] = []
    environ = {"STACKDUEL_TRITON": str(tmp_path)}
    home = install(environ, said.append)
    assert home == home_of(environ)
    assert [path.name for path in tmp_path.iterdir()] == [home.name]
    assert {"--no-deps", "--only-binary", *pinned(environ)} < set(pip[0])
    backend = {path.name: path.readlink().as_posix() for path in (home / "backends" / "python").iterdir()}
    assert set(backend) == {"libtriton_python.so", "triton_python_backend_utils.py", "triton_python_backend_stub"}
    stub = f"python_backend_stubs/{HERE[0]}.{HERE[1]}/triton_python_backend_stub"
    assert backend["triton_python_backend_stub"] == f"../../packages/pytriton/tritonserver/{stub}"
    assert install(environ, said.append) == home
    assert len(pip) == 1
    assert said[-1] == f"{home}: is there already"
    found = locate(environ)
    assert found.executable == home / "packages" / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    assert found.backends == home / "backends"


def test_an_image_of_the_vendor_s_gets_only_what_it_lacks(tmp_path: Path, pip: list[list[str]]) -> None:
    """The vendor's server is started from its own place, and the vendor's packages stay."""
    environ = {"STACKDUEL_TRITON": str(tmp_path), "TRITON_HOME": "/opt/tritonserver"}
    home = install(environ, lambda _line: None)
    assert not any("nvidia-pytriton" in word or "numpy" in word for word in pip[0])
    assert any(word.startswith("onnxruntime==") for word in pip[0])
    found = locate(environ)
    assert found.executable == Path("/opt/tritonserver/bin/tritonserver")
    assert found.backends == Path("/opt/tritonserver/backends")
    assert found.packages == home / "packages"
    assert home_of({"STACKDUEL_TRITON": str(tmp_path)}) != home


def test_a_failed_installation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip's message is passed on, and the next attempt starts from nothing."""
    failed = subprocess.CompletedProcess((), 1, "", "ERROR: no matching distribution\n")
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_options: failed)
    with pytest.raises(TritonError, match=r"pip could not install Triton's packages:\nERROR: no matching distribution"):
        install({"STACKDUEL_TRITON": str(tmp_path)}, lambda _line: None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_installed_is_told_with_its_remedy(tmp_path: Path) -> None:
    """The sentence has the missing folder and the command that installs it."""
    with pytest.raises(
        TritonError, match=r"is not installed in .*; install it with: python -m stackduel_servers\.triton install"
    ):
        locate({"STACKDUEL_TRITON": str(tmp_path)})


def test_a_missing_libpython_is_told_with_its_package(
    tmp_path: Path, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If neither the system nor this Python has the library, the sentence names its package."""
    environ = {"STACKDUEL_TRITON": str(tmp_path)}
    install(environ, lambda _line: None)
    monkeypatch.setattr(ctypes, "CDLL", _not_found)
    monkeypatch.setattr("sysconfig.get_config_var", lambda _name: None)
    with pytest.raises(TritonError, match=r"needs libpython3\.\d+\.so\.1\.0; on Debian: apt-get install libpython3"):
        locate(environ)


def test_a_libpython_of_this_python_s_own_is_found(
    tmp_path: Path, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python built with its own library lends it to the server."""
    environ = {"STACKDUEL_TRITON": str(tmp_path / "triton")}
    install(environ, lambda _line: None)
    (tmp_path / f"libpython{HERE[0]}.{HERE[1]}.so.1.0").touch()
    monkeypatch.setattr(ctypes, "CDLL", _not_found)
    monkeypatch.setattr("sysconfig.get_config_var", lambda _name: str(tmp_path))
    assert locate(environ).libpython == tmp_path


@pytest.mark.parametrize(
    "act", [locate, lambda environ: install(environ, lambda _line: None)], ids=["start", "install"]
)
def test_another_platform_or_python_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[dict[str, str]], object]
) -> None:
    """Elsewhere neither install nor start is tried, and the sentence names the supported platforms."""
    environ = {"STACKDUEL_TRITON": str(tmp_path)}
    monkeypatch.setattr(installation, "PYTHONS", ((3, 9), (3, 10)))
    with pytest.raises(TritonError, match=r"needs Python 3\.9 or 3\.10, and this is 3\.\d+"):
        act(environ)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(TritonError, match="runs on Linux x86_64, and this is Darwin x86_64; --launcher docker"):
        act(environ)


def _not_found(_name: str) -> None:
    raise OSError
