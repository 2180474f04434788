"""The builds of Pillow: how they are made, what is said where they cannot be, and stacks that are started with them."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import PIL
import pytest

from stackduel.model.target import Address
from stackduel.verify.exchange import exchange
from stackduel_servers import own_environment
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.models import sample_inputs
from stackduel_servers.pillow.__main__ import main
from stackduel_servers.pillow.builds import (
    BUILDS,
    FOLDER_VARIABLE,
    PillowError,
    facts_of,
    folder_of,
    interpreter,
    sentence,
)
from stackduel_servers.pillow.making import build, explained, flags
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import plan
from tests.contract.served import served
from tests.contract.wire import ask

HERE = pytest.mark.skipif(sys.platform != "linux", reason="the builds are for Linux")
FACTS = {
    "requirement": "pillow-simd==12.1.1.post0",
    "compiler": "gcc 12.2",
    "flags": "-O3 -mavx2",
    "version": "12.1.1",
    "libjpeg_turbo": "2.1.5",
    "library": "libjpeg.so.62",
}


def copied(packages: Path, _python: Path) -> dict[str, str]:
    """Install a copy of the Pillow that is here: cheap, and told apart by its place."""
    here = Path(PIL.__file__).parents[1]
    for name in ("PIL", "pillow.libs"):
        if (here / name).is_dir():
            shutil.copytree(here / name, packages / name)
    return FACTS


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which pillow-simd is built, as far as a start can tell."""
    chosen = {FOLDER_VARIABLE: str(tmp_path / "pillow")}
    own_environment.make(folder_of(BUILDS["simd"], chosen), copied)
    return chosen


@pytest.mark.parametrize("name", ["source", "simd"])
def test_both_sides_of_the_comparison_are_one_version(name: str) -> None:
    """Pillow's wheel, Pillow built here, and pillow-simd are of the same version, exactly pinned."""
    version = BUILDS["wheel"].requirement.partition("==")[2]
    assert version
    assert BUILDS[name].requirement.partition("==")[2].partition(".post")[0] == version
    assert BUILDS[name].is_compiled
    assert not BUILDS["wheel"].is_compiled


def test_a_stack_is_started_by_the_interpreter_of_its_build(environ: dict[str, str]) -> None:
    """PILLOW chooses the interpreter; without it, it is this one; one that is not built is refused with the remedy."""
    registry = load_registry()

    def python(**settings: str) -> str:
        return plan("fastapi-uvicorn", {"CPUS": "1", **environ, **settings}, registry, has_uvloop=True).python

    assert python() == python(PILLOW="installed") == sys.executable
    assert Path(python(PILLOW="simd")) == own_environment.interpreter(folder_of(BUILDS["simd"], environ))
    with pytest.raises(SettingsError, match=r"PILLOW: wheel is not built .*python -m stackduel_servers.pillow build"):
        python(PILLOW="wheel")
    with pytest.raises(SettingsError, match="PILLOW must be one of installed, wheel, source, simd, not 'other'"):
        python(PILLOW="other")
    assert interpreter(environ) == sys.executable
    assert facts_of("simd", environ) == FACTS


@HERE
def test_a_real_server_decodes_with_the_build_that_was_asked_for(tmp_path: Path, environ: dict[str, str]) -> None:
    """The answering process runs the environment's Python and has the environment's Pillow in its memory."""
    with served("fastapi-uvicorn", tmp_path, {**environ, "PILLOW": "simd"}) as server:
        picture = sample_inputs.as_jpeg(sample_inputs.picture(64, 64, 0))
        answer = exchange(
            Address("127.0.0.1", server.port),
            "/infer/face",
            method="POST",
            headers=(("Content-Type", "image/jpeg"),),
            body=picture,
        )
        assert answer.status == 200, answer.body
        health = json.loads(ask(server.port, "/health").body)
        loaded = Path(f"/proc/{health['worker']}/maps").read_text(encoding="utf-8")
        executable = Path(f"/proc/{health['worker']}/cmdline").read_bytes().split(b"\0")[0].decode()
    assert health["settings"]["variables"]["PILLOW"] == "simd"
    assert health["settings"]["switches"]["pillow"] == "on"
    folder = folder_of(BUILDS["simd"], environ)
    assert Path(executable) == own_environment.interpreter(folder)
    assert f"{folder}/" in loaded


def test_what_a_reader_must_know_of_a_build() -> None:
    """Version, compiler, flags and libjpeg-turbo of one that was compiled; of a wheel, that it is one."""
    assert sentence(FACTS) == (
        "pillow-simd==12.1.1.post0, built here by gcc 12.2 with -O3 -mavx2; libjpeg-turbo 2.1.5 (libjpeg.so.62)"
    )
    assert "its wheel from PyPI" in sentence({**FACTS, "compiler": None, "flags": None})


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("x\nThe headers or library files could not be found for jpeg,\ny", "the headers of libjpeg-turbo are missing"),
        ("The headers or library files could not be found for zlib,", "the headers of zlib are missing"),
        ("fatal error: Python.h: No such file", "the headers of Python are missing"),
        ("a\nERROR: No matching distribution found for pillow-simd\n\nnotice", "ERROR: No matching distribution found"),
        ("", "pip wrote nothing"),
    ],
)
def test_a_build_that_fails_says_what_is_missing(output: str, told: str) -> None:
    """In plain words with the packages to install, else in pip's own."""
    assert told in explained(output)
    assert ("libjpeg62-turbo-dev" in explained(output)) == ("headers" in told)


@HERE
def test_without_a_compiler_nothing_is_tried(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    """The message names the compiler and the packages; the command ends with status 1 and that line."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(PillowError, match="a C compiler is needed, cc is not installed; on Debian: apt-get"):
        build(("source",), environ, lambda _line: None)


@HERE
def test_the_headers_that_are_missing_are_named_by_a_real_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The user reads pip's reason for its failure in a line; nothing is left in the folder."""

    def failing(command: tuple[str, ...], **_options: object) -> subprocess.CompletedProcess[str]:
        said = "RequiredDependencyException: The headers or library files could not be found for jpeg,"
        return subprocess.CompletedProcess(command, 1, "", said)

    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(subprocess, "run", failing)
    with pytest.raises(PillowError, match="source: the headers of libjpeg-turbo are missing; on Debian: apt-get"):
        build(("source",), {FOLDER_VARIABLE: str(tmp_path / "pillow")}, lambda _line: None)
    assert list((tmp_path / "pillow").iterdir()) == []


def test_an_unknown_name_and_another_processor_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with what is possible, and status 1."""
    with pytest.raises(SystemExit) as ended:
        main(["build", "fast"])
    assert ended.value.code == 1
    assert "NAME must be one of wheel, source, simd, not 'fast'" in capsys.readouterr().err
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(SystemExit):
        main(["build"])
    assert "pillow-simd is for x86-64" in capsys.readouterr().err


@HERE
def test_what_is_built_is_not_built_again(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    """A second call says what there is, and runs nothing."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(subprocess, "run", lambda *_command, **_options: pytest.fail("nothing is to be run"))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    said: list[str] = []
    build(("simd",), environ, said.append)
    assert said == [f"simd: is there already: {sentence(FACTS)}"]


@HERE
def test_the_flags_are_those_of_this_processor() -> None:
    """AVX2 where the processor has it, named to both compiled builds alike."""
    has_avx2 = " avx2" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    assert flags() == ("-O3", "-mavx2" if has_avx2 else "-msse4.1")


@HERE
@pytest.mark.performance
@pytest.mark.skipif(sysconfig.get_platform() != "linux-x86_64", reason="pillow-simd is for x86-64")
def test_the_three_builds_are_what_they_say(tmp_path: Path) -> None:
    """Really built (minutes): one version, and the compiled ones share a libjpeg-turbo that the wheel has not."""
    environ = {**os.environ, FOLDER_VARIABLE: str(tmp_path)}
    build((), environ, print)
    facts = {name: facts_of(name, environ) for name in BUILDS}
    assert {each["version"].partition(".post")[0] for each in facts.values()} == {"12.1.1"}
    assert facts["source"]["library"] == facts["simd"]["library"] != facts["wheel"]["library"]
    assert facts["source"]["flags"] == facts["simd"]["flags"] == " ".join(flags())
